/** Applications as `npx yieldmq build` makes them, on the interpreter: every form, in every place that a board has for it. */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { buildBoard, type BoardBuild } from '../../tools/build/board-build.js'
import { readBoards } from '../../tools/build/boards.js'
import { observe } from '../support/clients.js'
import { startMosquitto, type Mosquitto } from '../support/mosquitto.js'
import { Interpreter } from './support/interpreter.js'

vi.setConfig({ testTimeout: 60_000 })

let built: BoardBuild
let broker: Mosquitto | undefined
beforeAll(async () => {
  built = await buildBoard({ ...readBoards().esp32!, profile: 'tiny' }, 'test/build/apps/telemetry.ts')
  broker = await startMosquitto()
}, 120_000)
afterAll(() => broker?.remove())

/** The application connects, publishes and receives what it published. */
async function works(device: Interpreter, start: () => Promise<void> = async () => {}): Promise<void> {
  onTestFinished(() => device.end())
  const observer = await observe(broker!.port)
  onTestFinished(() => observer.end())
  await observer.subscribe('plant/#')
  await start()
  expect(await device.hears('connect')).toBe(0)
  const [topic, payload] = await device.hears('message') as [string, string]
  expect(topic).toBe('plant/7/temperature')
  expect(Buffer.from(payload, 'base64').toString('utf8')).toBe('21.5 °C, 温度')
  await observer.count('plant/7/temperature', 1)
  expect(observer.payloads('plant/7/temperature').map((one) => Buffer.from(one, 'latin1').toString('utf8'))).toEqual(['21.5 °C, 温度'])
}

/** Sends a program line by line; the interpreter has no room for more than it works through. */
async function send(device: Interpreter, code: string): Promise<void> {
  const lines = code.split('\n')
  for (const [i, line] of lines.entries()) {
    await device.typeAll(`${line}\nsay("line", ${i});\n`)
    await device.hears('line', 15_000, i + 1)
  }
}

/** The same with what stands in .bootcde. */
async function boots(device: Interpreter): Promise<void> {
  await device.hears('ready')
  await works(device, async () => device.type('load();\n'))
}

const store = (name: string, from: string): string => `require("Storage").write(${JSON.stringify(name)}, require("Storage").read(${JSON.stringify(from)}));`

test('the single file runs as .bootcde', async () => {
  const port = `brokerPort=${broker!.port};\n`
  await boots(new Interpreter({ app: port + built.app!.code }, `${store('.bootcde', 'app')} delete load; setInterval(function() { }, 1000); say("ready");`))
})

test('the single file runs at the console, and what the application exports is a global there', async () => {
  const device = new Interpreter({}, `var brokerPort = ${broker!.port}; setInterval(function() { }, 1000); say("ready");`)
  await device.hears('ready')
  await works(device, () => send(device, built.app!.code))
  device.type('say("client", client.idle() >= 0);\n')
  expect(await device.hears('client')).toBe(true)
  device.type('say("E", typeof E.getTemperature);\n')
  expect(await device.hears('E')).toBe('function')
})

test('the application alone runs as .bootcde, on top of the module in Storage', async () => {
  const port = `brokerPort=${broker!.port};\n`
  await boots(new Interpreter({ yieldmq: built.module.code, app: port + built.appModule!.code }, `${store('.bootcde', 'app')} delete load; setInterval(function() { }, 1000); say("ready");`))
})

test('the application alone runs at the console, on top of the module in Storage', async () => {
  const device = new Interpreter({ yieldmq: built.module.code }, `var brokerPort = ${broker!.port}; setInterval(function() { }, 1000); say("ready");`)
  await device.hears('ready')
  await works(device, () => send(device, built.appModule!.code))
})
