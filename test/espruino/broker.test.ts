/** The bundles with their port, against mosquitto: everything a board does in its life but the hardware. */
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf, PROFILES, type Profile } from '../../tools/build/profiles.js'
import { observe } from '../support/clients.js'
import { startMosquitto, type Mosquitto } from '../support/mosquitto.js'
import { proxy } from '../support/proxy.js'
import { until } from '../support/until.js'
import { Interpreter } from './support/interpreter.js'

vi.setConfig({ testTimeout: 60_000 })

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
const CASES: [Profile, 3 | 4 | 5, 1 | 2][] = [['tiny', 4, 1], ['standard', 3, 2], ['standard', 4, 2], ['full', 5, 2]]

const bundles: Record<string, string> = {}
let program = ''
let broker: Mosquitto | undefined
beforeAll(async () => {
  for (const profile of PROFILES) bundles[profile] = (await keptBundle('espruino', { entry: `test/espruino/programs/client.${profile}.ts`, flags: flagsOf(profile) })).code
  program = (await keptBundle('espruino', { entry: 'test/espruino/programs/device.ts', flags: flagsOf('full') })).code
  broker = await startMosquitto()
}, 120_000)
afterAll(() => broker?.remove())

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A board that connects to `port`. What it says in bytes is decoded. */
function board(profile: Profile, version: number, qos: number, port: number) {
  const device = new Interpreter({ yieldmq: bundles[profile]!, program }, `
    var all = ""; for (var i = 0; i < 256; i++) all += String.fromCharCode(i);
    var y = require("yieldmq");
    var client = require("program").start(y.create, y.espruino(), ${port}, ${version}, ${qos}, all, function(word, value) { say(word, btoa(value)); });`)
  ends.push(() => device.end())
  const text = (value: unknown) => Buffer.from(String(value), 'base64').toString('latin1')
  return {
    device,
    hears: async (word: string, count = 1) => text(await device.hears(word, 15_000, count)),
    all: (word: string) => device.all(word).map(text)
  }
}

test.each(CASES)('the bundle of %s, protocol version %i: publishes and receives up to QoS %i, comes back after the link was cut, and leaves in order', async (profile, version, qos) => {
  const relay = await proxy(broker!.port)
  ends.push(() => relay.stop())
  const observer = await observe(broker!.port)
  onTestFinished(() => observer.end())
  for (const filter of ['dev/out/#', 'dev/will']) await observer.subscribe(filter)
  const a = board(profile, version, qos, relay.port)
  expect(await a.hears('connect')).toBe('0')
  await a.hears('subscribed', 3)
  expect(a.all('subscribed').sort()).toEqual(['dev/go 0', `dev/in/# ${qos}`, 'dev/leave 0'])
  const qualities = Array.from({ length: qos + 1 }, (_, i) => i as 0 | 1 | 2)

  const round = async (number: number) => {
    await observer.publish('dev/go', '', { qos: 0 })
    for (const q of qualities) {
      await observer.count(`dev/out/${q}`, number)
      expect(observer.payloads(`dev/out/${q}`)[number - 1]).toBe(ALL_BYTES)
    }
    await a.hears('receipt', number * qualities.length)
    expect(a.all('receipt').slice(-qualities.length).map((line) => line.split(' ')[0]).sort()).toEqual([...qualities.slice(1).map(() => 'delivered'), 'sent'])
    for (const q of qualities) await observer.publish(`dev/in/${q}`, ALL_BYTES, { qos: q })
    await a.hears('message', number * qualities.length)
    expect(a.all('message').slice(-qualities.length).sort()).toEqual(qualities.map((q) => `dev/in/${q} ${q} ${ALL_BYTES}`))
  }
  await round(1)
  const before = a.all('subscribed').length
  relay.cut()
  await a.hears('subscribed', before + 3)
  expect(a.all('link').filter((line) => line === 'up 0')).toHaveLength(2)
  await observer.count('dev/will', 1)
  await round(2)

  await observer.publish('dev/leave', '', { qos: 0 })
  expect(await a.hears('leave')).toBe('0')
  await until(() => a.all('link').at(-1)?.startsWith('offline'), 10_000, 'the board to be offline', () => a.all('link').join(', '))
  await observer.fence()
  expect(observer.payloads('dev/will')).toEqual(['gone'])
})

test('a server that is not there is tried again, and found when it comes', async () => {
  const other = await startMosquitto()
  ends.push(() => other.remove())
  await other.stop()
  const a = board('tiny', 4, 1, other.port)
  await a.hears('link', 4)
  expect(a.all('link')[1]).toMatch(/^waiting -6/)
  await other.start()
  await a.hears('subscribed', 3)
})
