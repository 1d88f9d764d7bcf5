/**
 * MQTT inside a cellular module, behind the same client calls. There is no second client: what the core calls a socket speaks MQTT to it, like a small
 * server in front of the module. It reads the packets that the core writes, has the module do what they say, and writes what a server would answer
 * once the module has the server's answer. So outbox, receipts, resends, reconnects and subscriptions are the core's own, in every profile.
 *
 * What the module cannot do is refused by the core before anything is sent: `hal.offload`, with the bounds of `NativeFamily.capabilities`.
 */
import { EMPTY, find, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, type Capabilities, type Hal, type OffloadHal, type SerialHal } from '../hal.js'
import { createModem, modemHal } from './index.js'
import type { Family } from './family.js'
import type { NativeFamily } from './native-family.js'
import { parameterOf } from './native-parameter.js'
import { dueOf, endSession, forgetMessage, takeNativeLine, takeNativeRaw } from './native-receive.js'
import { nextCommand, nextThing, opDone } from './native-run.js'
import { inUse, openNative } from './native-socket.js'
import { At, Op, type Native, type NativeOptions } from './native-state.js'
import type { Modem, Plug } from './state.js'

export type { NativeOptions } from './native-state.js'

const enum Most {
  /** Bytes of a packet besides its fields, and of a small packet behind it. */
  Little = 64
}

function plugOf(native: Native): Plug {
  return {
    rows_: native.family_.rows,
    heads_: native.family_.heads,
    open_: (_modem, endpoint) => openNative(native, endpoint),
    next_: () => nextThing(native),
    line_: (_modem, event) => takeNativeLine(native, event),
    raw_: (bytes) => { takeNativeRaw(native, bytes) },
    done_: (modem, code) => {
      if (native.op_ === Op.None) return
      const isPassed = code < 0 && find(modem.step_, '|*' as Bytes, 0) > 0
      if (code < 0 && !isPassed) opDone(native, code, modem.isLate_)
      // After silence the module is called first, and `next_` goes on.
      else if (!modem.isLate_ && !nextCommand(native)) opDone(native, 0, false)
    },
    parameter_: (_modem, name) => parameterOf(native, name),
    due_: (_modem, isQuiet) => dueOf(native, isQuiet),
    isUp_: () => native.session_ !== undefined && native.session_.at_ === At.Up,
    lost_: (code: Code) => {
      native.tls_ = undefined
      native.op_ = Op.None
      native.slots_ = []
      forgetMessage(native)
      if (code === LinkCode.AtFailed) native.isMade_ = false
      const session = native.session_
      if (session !== undefined && session.at_ !== At.Waiting) endSession(native, code)
    }
  }
}

/** The largest packet that the core may write. */
function largest(c: Capabilities): number {
  const connect = c.maxClientId + c.maxUsername + c.maxPassword + c.maxWill + c.maxWillTopic
  return (c.maxPayload + c.maxTopic > connect ? c.maxPayload + c.maxTopic : connect) + Most.Little
}

/** Has `modem` speak MQTT itself: its record, for diagnosis. */
export function joinNative(this: void, modem: Modem, family: NativeFamily, options: NativeOptions): Native {
  const can = options.escape === true && family.escaped !== undefined ? family.escaped : options.cache === true && family.cached !== undefined ? family.cached : family.capabilities
  const native: Native = {
    modem_: modem, family_: family, options_: options, can_: can, stats_: { overruns: 0, dropped: 0, tooLarge: 0, refused: 0 }, writeMax_: largest(can),
    session_: undefined, next_: undefined, isMade_: false, tls_: undefined, op_: Op.None, script_: EMPTY, at_: 0, length_: 0, connect_: undefined,
    topic_: EMPTY, payload_: EMPTY, qos_: 0, isRetained_: false, id_: 0, filterAt_: 0, codes_: EMPTY, isCutOff_: false, slots_: [], slot_: 0,
    need_: 0, rawStamp_: 0, inTopic_: EMPTY, inPayload_: EMPTY, reserved_: 0, isTopic_: false, isInParts_: false, isDropped_: false
  }
  modem.plug_ = plugOf(native)
  return native
}

function offloadOf(native: Native): OffloadHal {
  return { capabilities: () => native.can_, used: () => inUse(native), stats: () => native.stats_ }
}

/** `base` with MQTT, bearer and recovery from `modem`, as `modemHal` makes it with TCP. */
export function nativeHal(this: void, base: Hal, modem: Modem, native: NativeFamily, options?: NativeOptions): Hal {
  const hal = modemHal(base, modem)
  hal.offload = offloadOf(joinNative(modem, native, options === undefined ? {} : options))
  return hal
}

/**
 * The port: `base` with MQTT, bearer and recovery from the modem of `family` on `serial`. Its sockets speak to the module's own MQTT alone, one at a time;
 * `atModem` gives TCP instead.
 */
export function nativeModem(this: void, base: Hal, serial: SerialHal, family: Family, native: NativeFamily, options?: NativeOptions): Hal {
  return nativeHal(base, createModem(base, serial, family, options), native, options)
}
