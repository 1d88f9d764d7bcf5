/** What Quectel's MQTT remembers of each of its six clients until it reboots. */
import type { Modem } from './modem.js'
import type { Message, MqttClient, Will } from './mqtt-client.js'
import { mqttQuirks } from './mqtt-options.js'

/** A command that awaits its answer from the broker. */
export interface Waiting {
  /** Ends the command with this result, and what stands behind it. */
  readonly done: (result: string) => void
}

export interface Qmt {
  readonly number: number
  readonly settings: Map<string, readonly string[]>
  readonly waiting: Map<string, Waiting>
  /** Messages that wait to be fetched. */
  readonly slots: ({ message: Message; age: number } | undefined)[]
  /** Messages kept so far. */
  received: number
  will: Will | undefined
  client: MqttClient | undefined
  host: string
  port: number
  /** We sent DISCONNECT: the broker's close is no failure. */
  leaving: boolean
}

export const CLIENTS = 6
/** Messages kept for a client. */
export const SLOTS = 5
/** Each setting and what it is before it was set. */
export const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  'version': ['4'],
  'pdpcid': ['1'],
  'ssl': ['0', '0'],
  'keepalive': ['120'],
  'session': ['1'],
  'timeout': ['5', '3', '0'],
  'recv/mode': ['0', '0']
}

function make(number: number): Qmt {
  return { number, settings: new Map(), waiting: new Map(), slots: Array.from<undefined>({ length: SLOTS }), received: 0, will: undefined, client: undefined, host: '', port: 0, leaving: false }
}

export function clients(modem: Modem): readonly Qmt[] {
  return modem.slot('qmt', () => {
    const made = Array.from({ length: CLIENTS }, (_, number) => make(number))
    modem.watch((event) => {
      if (event !== 'pdp-lost') return
      for (const qmt of made) {
        if (qmt.client?.alive !== true) continue
        qmt.client.close()
        qmt.waiting.clear()
        const status = mqttQuirks(modem).qmtPdpStat
        if (status > 0) modem.line(`+QMTSTAT: ${qmt.number},${status}`)
      }
    })
    return made
  })
}

export function setting(qmt: Qmt, name: string, index = 0): number {
  return Number(qmt.settings.get(name)?.[index] ?? SETTINGS[name]![index])
}
