/** The examples in Lua and in TypeScript, with nothing changed but their settings, against mosquitto. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findBoard } from '../../../tools/build/boards.js'
import { buildLuaApp, mainOf } from '../../../tools/build/lua-board.js'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Peers } from '../../support/peers.js'
import { until } from '../../support/until.js'
import { built, LuaProgram, PLATFORMS, type Platform } from './support.js'

const EXAMPLES = path.resolve('examples/lua')
const [router51, router53, luatos, luatask] = ['LuaSocket on lua5.1', 'LuaSocket on lua5.3', 'LuatOS', 'LuaTask'].map((name) => PLATFORMS.find((one) => one.name === name)) as [Platform, Platform, Platform, Platform]
const LANGUAGES = ['ts', 'lua'] as const
/** What the stand-ins' modules are called. */
const OS_ID = '860000000000001'
const TASK_ID = '860000000000002'

let broker: Mosquitto
const peers = new Peers(() => broker.port)
const programs: LuaProgram[] = []
beforeAll(async () => {
  for (const board of ['air780e', 'air724', 'openwrt']) built(board)
}, 120_000)
afterEach(async () => {
  for (const one of programs.splice(0)) one.kill()
  await peers.end()
})

/** A server for each language: the modules' names are the same, and it keeps sessions and retained messages. */
function withBroker(): void {
  beforeAll(async () => { broker = await startMosquitto() })
  afterAll(() => broker.remove())
}

/** Gives a setting another value, in the text of either language. */
function set(text: string, name: string, value: string | number): string {
  const setting = new RegExp(`^(.*\\b${name}(?:: | = ))(?:'[^']*'|\\d+|nil)`, 'm')
  expect(text, `the setting ${name}`).toMatch(setting)
  return text.replace(setting, (_, before: string) => before + (typeof value === 'string' ? `'${value}'` : value))
}

/** By their texts, the folders of examples that were built. */
const known = new Map<string, string>()

/** Builds an example with other settings and starts it. `first` is what main.lua does before. */
function start(platform: Platform, file: string, settings: Record<string, string | number>, first = ''): LuaProgram {
  let text = readFileSync(path.join(EXAMPLES, file), 'latin1')
  for (const [name, value] of Object.entries({ host: '127.0.0.1', port: broker.port, ...settings })) text = set(text, name, value)
  const folder = known.get(first + text) ?? `example${known.size}`
  if (!known.has(first + text)) {
    known.set(first + text, folder)
    const place = path.join(built(platform.board), folder)
    mkdirSync(place)
    const source = path.join(place, file)
    writeFileSync(source, text, 'latin1')
    const board = findBoard(platform.board)
    const name = file.replace(/\.\w+$/, '')
    writeFileSync(path.join(place, 'main.lua'), first + mainOf(board, { name: 'example', version: '1.0.0' }, name), 'latin1')
    writeFileSync(path.join(place, `${name}.lua`), buildLuaApp(board, source), 'latin1')
    copyFileSync(path.join(built(platform.board), 'yieldmq.lua'), path.join(place, 'yieldmq.lua'))
  }
  const program = new LuaProgram(platform, `${folder}/main.lua`, {})
  programs.push(program)
  return program
}

const prints = (program: LuaProgram, text: string, ms = 10_000): Promise<boolean> =>
  until(() => program.output.includes(text), ms, `the example to print ${text}`, () => `it printed ${JSON.stringify(program.output.slice(-600))}, status ${program.status}`)

/** The status that the server keeps for who comes later. */
async function retained(topic: string, payload: string): Promise<void> {
  const late = await peers.observer()
  await late.subscribe(topic)
  expect(await late.message(topic)).toMatchObject({ payload, retain: true })
}

describe.each(LANGUAGES)('telemetry.%s', (language) => {
  withBroker()
  const file = `telemetry.${language}`
  const base = `device/${OS_ID}`

  it('reports with QoS 1, says online, and has a will that says offline', { timeout: 40_000 }, async () => {
    const observer = await peers.observer()
    await observer.subscribe(`${base}/#`)
    const program = start(luatos, file, { periodMs: 200 })
    await observer.count(`${base}/readings`, 3)
    expect(observer.payloads(`${base}/readings`).slice(0, 3)).toEqual([1, 2, 3].map((n) => `{"n":${n},"csq":25}`))
    expect(observer.messages.filter(({ topic }) => topic === `${base}/readings`).every(({ qos, retain }) => qos === 1 && !retain)).toBe(true)
    expect(program.output).toContain('I/mqtt link up 0')
    await retained(`${base}/status`, 'online')
    program.kill()
    await observer.count(`${base}/status`, 2)
    expect(observer.payloads(`${base}/status`)).toEqual(['online', 'offline'])
    await retained(`${base}/status`, 'offline')
  })

  it('goes on without a signal, and while the server is away: it says what was refused, and delivers the rest', { timeout: 40_000 }, async () => {
    const program = start(luatos, file, { periodMs: 20 }, 'mobile.csq = function() end\n')
    await prints(program, 'link up')
    await broker.stop()
    await prints(program, 'refused, code -42')
    await broker.start()
    const observer = await peers.observer()
    await observer.subscribe(`${base}/#`)
    await observer.count(`${base}/readings`, 50, 15_000)
    expect(observer.payloads(`${base}/readings`)[0]).toMatch(/^{"n":\d+,"csq":null}$/)
    expect(program.status).toBeUndefined()
  })
})

describe.each([router51, router53])('telemetry_openwrt.lua, $name', (platform) => {
  withBroker()

  it('reports the load with QoS 1, says online, and has a will that says offline', { timeout: 40_000 }, async () => {
    const observer = await peers.observer()
    await observer.subscribe('device/router/#')
    const program = start(platform, 'telemetry_openwrt.lua', { periodMs: 200, id: 'router' })
    await observer.count('device/router/readings', 3)
    for (const [i, reading] of observer.payloads('device/router/readings').entries()) expect(reading).toMatch(new RegExp(`^{"n":${i + 1},"load":\\d+\\.\\d+}$`))
    expect(observer.messages.filter(({ topic }) => topic === 'device/router/readings').every(({ qos }) => qos === 1)).toBe(true)
    expect(program.output).toContain('link up 0')
    await retained('device/router/status', 'online')
    program.kill()
    await observer.count('device/router/status', 2)
    await retained('device/router/status', 'offline')
  })

  it('goes on where the file is missing', { timeout: 40_000 }, async () => {
    const observer = await peers.observer()
    await observer.subscribe('device/router2/#')
    start(platform, 'telemetry_openwrt.lua', { periodMs: 200, id: 'router2', file: '/nothing/here' })
    await observer.count('device/router2/readings', 2)
    expect(observer.payloads('device/router2/readings')[1]).toBe('{"n":2,"load":null}')
  })
})

describe.each(LANGUAGES)('command.%s', (language) => {
  withBroker()
  const base = `device/${TASK_ID}`

  it('answers each command with its QoS, and its own event leaves at once though it waits for the server [S4-04]', { timeout: 40_000 }, async () => {
    const observer = await peers.observer()
    await observer.subscribe(`${base}/#`)
    const program = start(luatask, `command.${language}`, { eventMs: 3000 })
    await prints(program, 'subscribed')
    const sent = [['ping', 0], ['signal', 1], ['battery', 2], ['dance', 0], ['', 1]] as const
    for (const [i, [command, qos]] of sent.entries()) {
      await observer.publish(`${base}/command`, command, { qos })
      await observer.count(`${base}/reply`, i + 1)
    }
    expect(observer.messages.filter(({ topic }) => topic === `${base}/reply`).map(({ payload, qos }) => [payload, qos])).toEqual([
      ['ping: pong', 0], ['signal: 25', 1], ['battery: 3900', 2], ['dance: error: unknown command', 0], [': error: unknown command', 1]
    ])
    // Nothing else happens meanwhile: the first task is in the middle of a wait of a minute.
    for (const event of [1, 2]) {
      await prints(program, `[I]-[event]\t${event}`)
      const said = performance.now()
      await observer.count(`${base}/event`, event, 1000)
      expect(performance.now() - said).toBeLessThan(1000)
    }
    expect(observer.payloads(`${base}/event`)).toEqual(['event 1', 'event 2'])
  })
})

describe.each(LANGUAGES)('sleep.%s', (language) => {
  withBroker()
  const file = `sleep.${language}`
  const base = `device/${OS_ID}`
  const short = { listenMs: 500, asleepMs: 100 }

  it('delivers a reading, takes what was queued while it slept, and leaves in order', { timeout: 40_000 }, async () => {
    const observer = await peers.observer()
    await observer.subscribe(`${base}/readings`)
    const first = start(luatos, file, short)
    expect(await first.ended()).toBe(0)
    expect(first.output).toContain('I/mqtt link up 0 false')
    expect(first.output).toContain('I/reading delivered')
    expect(first.output).not.toContain('I/inbox')
    for (const text of ['one', 'two']) await observer.publish(`${base}/inbox`, text, { qos: 1 })
    const second = start(luatos, file, short)
    expect(await second.ended()).toBe(0)
    expect(second.output).toContain('I/mqtt link up 0 true')
    expect(second.output.match(/I\/inbox \w+|I\/reading \w+/g)!.sort()).toEqual(['I/inbox one', 'I/inbox two', 'I/reading delivered'])
    expect(second.output.trim().split('\n').slice(-2)).toEqual(['I/sleep 600000', 'W/sleep still awake'])
    expect(observer.messages.map(({ payload, qos }) => [payload, qos])).toEqual(Array.from({ length: 2 }, () => ['{"reset":"power-on","csq":25}', 1]))
    expect(broker.log.filter((line) => line.includes(`Received DISCONNECT from yieldmq-${OS_ID}`))).toHaveLength(2)
  })

  it('sleeps too when the server is away', { timeout: 40_000 }, async () => {
    await broker.stop()
    const program = start(luatos, file, { ...short, receiptMs: 1500 })
    const begin = performance.now()
    expect(await program.ended()).toBe(0)
    expect(performance.now() - begin).toBeLessThan(4000)
    expect(program.output).toContain('I/reading no receipt')
    await broker.start()
  })
})
