/** The telemetry example, unchanged, on the real interpreter against mosquitto. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { observe } from '../support/clients.js'
import { startMosquitto } from '../support/mosquitto.js'
import { proxy } from '../support/proxy.js'
import { until } from '../support/until.js'
import { Interpreter } from './support/interpreter.js'

vi.setConfig({ testTimeout: 60_000 })

const READINGS = 40

test.each(['tiny', 'standard'] as const)('the telemetry example of %s delivers every reading over a link that is cut, obeys a command, and says goodbye', async (profile) => {
  const program = (await keptBundle('espruino', { entry: 'test/espruino/programs/telemetry.ts', flags: flagsOf(profile) })).code
  const broker = await startMosquitto()
  onTestFinished(() => broker.remove())
  const relay = await proxy(broker.port)
  onTestFinished(() => relay.stop())
  const observer = await observe(broker.port)
  onTestFinished(() => observer.end())
  await observer.subscribe('devices/#')
  const device = new Interpreter({ program }, `
    require("program").start(${relay.port}, ${READINGS}, function(line) { say("line", line); }, function(summary) { say("ended", summary); });`)
  onTestFinished(() => device.end())
  const { topic: first } = await until(() => observer.messages.find(({ topic }) => topic.endsWith('/readings')), 20_000, 'a reading', () => device.all('line').join(' | '))
  const base = first.slice(0, first.lastIndexOf('/'))
  await observer.publish(`${base}/commands`, 'led on', { qos: 1 })
  expect((await observer.message(`${base}/answers`)).payload).toBe('led on: done')
  relay.cut()
  expect(await device.hears('ended', 30_000)).toMatchObject({ readings: READINGS, delivered: READINGS, connects: 2, commands: 1 })
  await observer.fence()
  // QoS 1: every one, and one that was under way at the cut perhaps twice.
  const numbers = observer.payloads(first).map((text) => (JSON.parse(text) as { n: number }).n)
  expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(Array.from({ length: READINGS }, (_, i) => i + 1))
  expect(observer.payloads(`${base}/status`).at(0)).toBe('online')
  expect(observer.payloads(`${base}/status`).at(-1)).toBe('offline')
})
