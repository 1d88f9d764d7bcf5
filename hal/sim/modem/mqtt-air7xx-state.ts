/** What openLuat's MQTT remembers until it reboots. */
import type { Modem } from './modem.js'
import type { MqttClient, Will } from './mqtt-client.js'

/** Generations differ in what a message may hold: 1360 bytes (Air724), 4100 (Air780). */
export interface AirLimits {
  readonly payload: number
}

export interface AirSettings {
  readonly clientId: string
  readonly user: string | undefined
  readonly password: string | undefined
  readonly will: Will | undefined
}

export interface Air {
  settings: AirSettings | undefined
  client: MqttClient | undefined
  /** The network ended the context, and the host has not sent CIPSHUT. */
  contextLost: boolean
  /** SUBSCRIBEs without an answer. */
  readonly subscribing: Set<number>
}

/** Bytes of a topic, a client id, a name, a password. */
export const TEXT_MAX = 256

export function air(modem: Modem): Air {
  return modem.slot('mqtt', () => {
    const made: Air = { settings: undefined, client: undefined, contextLost: false, subscribing: new Set() }
    modem.watch((event) => {
      made.client?.close()
      made.contextLost = event === 'pdp-lost'
    })
    return made
  })
}

export function airClient(modem: Modem): MqttClient | undefined {
  return air(modem).client
}

export function isQos(n: number): boolean {
  return n === 0 || n === 1 || n === 2
}

export function isFlag(n: number): boolean {
  return n === 0 || n === 1
}
