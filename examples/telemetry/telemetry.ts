/**
 * A device that reports: it says whether it is online, sends readings that must not be lost, and obeys commands.
 *
 * Written as firmware: nothing here knows whether it runs on a board, a module or a PC. The same text runs where
 * `yield` waits and where the event loop wakes the client, since `run` fits both.
 */
import { ErrorCode, create, run } from '../../firmware/index.js'
import type { Bytes, Client, Code, Endpoint, Hal, LinkState, MessageHandler, Options, Outcome } from '../../firmware/index.js'
import { explain } from '../../firmware/explain.js'

export interface Settings {
  server: Endpoint
  username?: string
  password?: Bytes
  /** False: it does not spread its attempts over seconds, as the devices of a fleet must when their server is gone. True when absent. */
  jitter?: boolean
  /** False where the will cannot be retained, which the MQTT of some modems cannot: `hal.offload`. */
  willRetain?: boolean
  /** How many readings to send before it ends; 0 for ever. */
  readings: number
  /** ms between two readings. */
  periodMs: number
  print: (this: void, line: string) => void
  /** Called once, when all is sent and the link is closed. */
  ended: (this: void, summary: Summary) => void
}

/** What the device itself knows of its work. */
export interface Summary {
  readings: number
  delivered: number
  resent: number
  connects: number
  commands: number
}

/**
 * Runs the device; on ports that can wait it returns when the device has ended. The function returned asks the device
 * to end, where the port cannot say so itself.
 */
export function telemetry(hal: Hal, settings: Settings): (this: void) => void {
  const print = settings.print
  const utf8 = hal.text.utf8
  const base = `devices/${hal.system.id()}`
  const statusTopic = `${base}/status`
  /** Readings on their way: the tokens that their receipts will carry, and their numbers. */
  const tokens: number[] = []
  const numbers: number[] = []
  let accepted = 0
  let delivered = 0
  let commands = 0
  let linkUp = false
  let leaving = false

  const onCommand: MessageHandler = (_topic, payload) => {
    const command = hal.text.text(payload)
    const answer = command === 'led on' || command === 'led off' ? 'done' : 'unknown command'
    commands = commands + 1
    print(`command "${command}": ${answer}`)
    client.publish(`${base}/answers`, utf8(`${command}: ${answer}`), 1)
  }

  const onReceipt = (token: number, outcome: Outcome): void => {
    for (let i = 0; i < tokens.length; i = i + 1) {
      if (tokens[i] === token) {
        if (outcome === 'delivered') delivered = delivered + 1
        print(`reading ${numbers[i]}: ${outcome}`)
        // The order of what remains does not matter.
        tokens[i] = tokens[tokens.length - 1]
        numbers[i] = numbers[numbers.length - 1]
        tokens.pop()
        numbers.pop()
        return
      }
    }
  }

  const onLink = (state: LinkState, _sessionPresent: boolean, cause: Code): void => {
    if (state === 'up') {
      linkUp = true
      print('link up')
      // The counterpart of the will. Retained, so that who subscribes later knows too.
      client.publish(statusTopic, utf8('online'), 1, true)
    } else if (state === 'waiting') {
      if (cause < 0) print(`${linkUp ? 'link lost' : 'no link'}: ${explain(client.explain())}`)
      linkUp = false
    } else if (state === 'offline') {
      const stats = client.stats()
      settings.ended({ readings: accepted, delivered: delivered, resent: stats.resent, connects: stats.connects, commands: commands })
      client.destroy()
    }
  }

  const options: Options = {
    servers: [settings.server],
    username: settings.username,
    password: settings.password,
    jitter: settings.jitter,
    will: { topic: statusTopic, payload: utf8('offline'), qos: 1, retain: settings.willRetain !== false },
    onReceipt: onReceipt,
    onLink: onLink
  }
  const client: Client = create(hal, options)

  /** Says goodbye: DISCONNECT makes the server discard the will, so the status is published like any message. */
  const leave = (): void => {
    if (leaving) return
    leaving = true
    client.publish(statusTopic, utf8('offline'), 1, true)
    client.disconnect()
  }

  const step = (): void => {
    if (leaving) return
    if (settings.readings > 0 && accepted >= settings.readings) {
      // Every reading has its receipt: nothing is left behind.
      if (tokens.length === 0) leave()
      return
    }
    const number = accepted + 1
    const tenths = 200 + number * 7 % 30
    const temperature = `${Math.floor(tenths / 10)}.${tenths % 10}`
    const token = client.publish(`${base}/readings`, utf8(`{"n":${number},"temperature":${temperature}}`), 1)
    if (token < 0) {
      // The outbox is full, say: the same reading again in the next period.
      print(`reading ${number} must wait: ${explain(client.explain())}`)
      return
    }
    accepted = number
    tokens.push(token)
    numbers.push(number)
    if (!linkUp) print(`reading ${number}: waits for the link`)
  }

  client.subscribe(`${base}/commands`, 1, onCommand)
  const code = client.connect()
  if (code < 0) {
    print(`cannot start: ${explain(client.explain())}`)
    settings.ended({ readings: 0, delivered: 0, resent: 0, connects: 0, commands: 0 })
    return leave
  }
  if (run(client, settings.periodMs, step) === ErrorCode.Stopped) {
    print('asked to end: says "offline" and disconnects in order, so that the will is discarded')
    leave()
  }
  return leave
}
