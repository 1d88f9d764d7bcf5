/**
 * Ending in order. (MQTT 5.0 section 3.14)
 */
import { EMPTY, type Code } from './bytes.js'
import { ErrorCode, Reason } from './codes.js'
import { PacketType } from './codec/packets.js'
import { checkProperties, writeProperties } from './codec/properties.js'
import { writeDisconnect } from './codec/write.js'
import { goOffline } from './connection.js'
import { because, enterPhase, Phase, type Core } from './core.js'
import { sessionExpiry } from './handshake.js'
import { endConnection } from './session.js'
import type { DisconnectExtra, Properties } from './types.js'

const enum Most { Deadline = 1073741824 }

function isDraining(core: Core): boolean {
  return core.phase_ === Phase.Draining
}

/** See `Client.disconnect`. 0 when offline already, 1 while it is under way. */
export function disconnect(core: Core, extra: DisconnectExtra | undefined): Code {
  if (core.destroyed_) return because(core, ErrorCode.Destroyed)
  let reason = 0
  let properties: Properties | undefined = undefined
  let wait = 5000
  if (extra !== undefined) {
    if (extra.timeout !== undefined) {
      if (!(extra.timeout >= 0 && extra.timeout <= Most.Deadline)) return because(core, ErrorCode.BadTime, 'timeout', extra.timeout, Most.Deadline)
      wait = extra.timeout
    }
    if (core.settings_.version_ < 5) {
      if (extra.will === true) return because(core, ErrorCode.WillNeedsV5, 'will', core.settings_.version_, 5)
      if (extra.properties !== undefined) return because(core, ErrorCode.V5Only, 'properties', core.settings_.version_, 5)
    }
    if (extra.will === true) reason = Reason.DisconnectWithWill
    properties = extra.properties
  }
  if (FEATURE_V5 && properties !== undefined) {
    const wrong = checkProperties(properties, PacketType.Disconnect, core.hal_.text)
    if (wrong < 0) return because(core, wrong, 'properties')
    const expiry = properties.sessionExpiryInterval
    if (expiry !== undefined && expiry !== 0 && sessionExpiry(core) === 0) return because(core, ErrorCode.BadProperty, 'sessionExpiryInterval', expiry)
  }
  if (core.phase_ === Phase.Offline) return 0
  if (core.phase_ === Phase.Draining) return 1
  if (core.phase_ < Phase.Up) {
    endConnection(core, false)
    because(core, ErrorCode.Disconnected)
    goOffline(core, ErrorCode.Disconnected)
    return 0
  }
  let packet = writeDisconnect(core.settings_.version_, reason, FEATURE_V5 && properties !== undefined ? writeProperties(properties, PacketType.Disconnect, core.hal_.text) : EMPTY)
  if (FEATURE_V5 && properties !== undefined && (packet.length > core.server_.packetMax_ || packet.length > core.settings_.packetOut_)) {
    // What the server must know goes; reason string and user properties stay behind [MQTT-3.14.2-3].
    packet = writeDisconnect(5, reason, writeProperties({ sessionExpiryInterval: properties.sessionExpiryInterval }, PacketType.Disconnect, core.hal_.text))
  }
  core.disconnectPacket_ = packet
  core.drainMs_ = wait
  core.drainSent_ = false
  core.more_ = true
  enterPhase(core, Phase.Draining, 0)
  // Its time begins now, not with the last slice.
  if (isDraining(core)) core.age_ = core.hal_.timer.since(core.clock_.stamp_) * -1
  return 1
}
