/** Scripts that were written for the platforms' own clients, on ours. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Peers } from '../../support/peers.js'
import { freePort } from '../../support/ports.js'
import { until } from '../../support/until.js'
import { built, LuaProgram, PLATFORMS } from './support.js'

const luatos = PLATFORMS.find((one) => one.name === 'LuatOS')!
const luatask = PLATFORMS.find((one) => one.name === 'LuaTask')!

let broker: Mosquitto
const peers = new Peers(() => broker.port)
const programs: LuaProgram[] = []
beforeAll(async () => {
  broker = await startMosquitto({ users: { user: 'secret', watch: 'watch' }, acl: ['topic readwrite #', 'user user', 'topic readwrite #', 'topic deny calls/denied', 'user watch', 'topic readwrite #'] })
  built('air724')
  built('air780e')
}, 60_000)
afterEach(async () => {
  for (const one of programs.splice(0)) one.kill()
  await peers.end()
})
afterAll(() => broker.remove())

let count = 0
const fresh = (): string => `face${process.pid}n${++count}`
const watch = () => peers.observer({ username: 'watch', password: 'watch' })

function start(platform: typeof luatos, script: string, args: Record<string, string | number>): LuaProgram {
  const program = new LuaProgram(platform, script, { port: broker.port, ...args })
  programs.push(program)
  return program
}

describe('mqtt.client of LuaTask', () => {
  it.each(['3.1', '3.1.1'])('answers every call as scripts know it, version %s [S4-03] [S0-17]', { timeout: 40_000 }, async (version) => {
    const observer = await watch()
    await observer.subscribe('calls/out')
    const id = fresh()
    const program = start(luatask, 'luatask_calls.lua', { id, version, closed: await freePort() })
    await program.says('ready', 15_000)
    expect(program.said).toEqual([
      ['early', 'false', 'false', 'false'],
      ['refused', 'false', '0'],
      ['transport', 'false'],
      ['connect', 'true'],
      ['again', 'false'],
      ['subscribe', 'true', 'true', 'false'],
      ['publish', 'true', 'true', 'true', 'false', 'true'],
      ['ready']
    ])
    await program.says('nothing', 3000)
    expect(program.all('nothing')[0]).toEqual(['LOCAL', 'value'])
    await observer.publish('calls/in', 'one', { qos: 1 })
    await observer.publish('calls/b', 'two', { qos: 2 })
    await observer.publish('calls/c', 'three', { qos: 2 })
    await program.says('received', 5000, 3)
    await until(() => program.all('nothing').some(([word]) => word === 'timeout'), 3000, 'receive to time out')
    await observer.publish('calls/in', 'end', { qos: 0 })
    expect(await program.ended()).toBe(0)
    expect(program.all('received')).toEqual([
      ['calls/in', 'one', '1', 'false', 'false', 'true'], ['calls/b', 'two', '2', 'false', 'false', 'true'],
      ['calls/c', 'three', '0', 'false', 'false', 'false'], ['calls/in', 'end', '0', 'false', 'false', 'false']
    ])
    expect(program.said.slice(-2)).toEqual([['unsubscribe', 'true', 'true', 'false'], ['after', 'false', 'false']])
    // Retained for later, as it was asked.
    expect(observer.messages.filter(({ retain }) => !retain).map(({ payload, qos }) => `${payload} ${qos}`).sort()).toEqual(['21 0', 'q0 0', 'q1 1', 'q2 2'])
  })

  it('tells the return code of a refusal, and a wrong option in the log with its code, without an error', { timeout: 40_000 }, async () => {
    const folder = built('air724')
    writeFileSync(path.join(folder, 'wrong.lua'), `PROJECT = 'wrong' VERSION = '1.0.0'
require 'sys' require 'log' require 'socket' require 'yieldmq_mqtt'
sys.taskInit(function()
  while not socket.isReady() do sys.wait(10) end
  local port = tonumber(arg[1]:match('%d+'))
  local wrong = mqtt.client('x', 30, 'user', 'wrong')
  print('@@password', wrong:connect('127.0.0.1', port))
  for _, each in ipairs { { 'x', -1 }, { 'x', 'soon' }, { 'x', 30, 'user', 'secret', 1, { topic = 'a/#', payload = 'x' } }, { {}, 30 }, { 'x', 30, 5, 'secret' } } do
    print('@@option', mqtt.client(unpack(each)):connect('127.0.0.1', port))
  end
  print('@@server', mqtt.client('x', 30, 'user', 'secret'):connect(nil, nil))
  os.exit(0)
end)
sys.init(0, 0) sys.run()`)
    const program = start(luatask, 'wrong.lua', {})
    expect(await program.ended(20_000)).toBe(0)
    expect(program.all('password')).toEqual([['false', '5']])
    expect(program.all('option').map(([result, code]) => [result, Number(code) < 0])).toEqual(Array.from({ length: 5 }, () => ['false', true]))
    expect(program.all('server')[0]![0]).toBe('false')
    // What to do about each is in the log.
    expect(program.output).toMatch(/connect: -\d+ The will/)
    expect(program.output).toMatch(/connect: -\d+ .*keepalive/i)
  })

  it('runs the vendor\'s example but for the require: a report, a local event and a command answered [S4-03] [S4-04]', { timeout: 40_000 }, async () => {
    const folder = built('air724')
    const script = readFileSync(path.join(import.meta.dirname, 'programs/loop_script.lua'), 'utf8')
    writeFileSync(path.join(folder, 'loop.lua'), script.replaceAll('PORT', String(broker.port)))
    const observer = await watch()
    await observer.subscribe('#')
    const program = start(luatask, 'loop.lua', {})
    const id = '860000000000002'
    await observer.message(`/device/${id}/report`, 10_000)
    await observer.message(`/device/${id}/resp`, 5000)
    expect(observer.payloads(`/device/${id}/resp`)[0]).toMatch(/^response 1122/)
    await observer.publish(`/device/${id}/req`, 'switch on', { qos: 0 })
    await until(() => program.output.includes('switch on'), 5000, 'the command in the log', () => program.output)
    const reports = observer.payloads(`/device/${id}/report`).length
    await observer.count(`/device/${id}/report`, reports + 1, 5000)
    // Cut off without a word: the will.
    program.kill()
    expect((await observer.message('/willmsg', 5000)).payload).toBe(`${id}device_conn_err`)
  })
})

describe('mqtt.create of LuatOS', () => {
  it('gives the events conack, suback, recv, sent and disconnect with their values [S4-03]', { timeout: 40_000 }, async () => {
    const observer = await watch()
    await observer.subscribe('events/out')
    const program = start(luatos, 'luatos_events.lua', { id: fresh(), life: 4000 })
    await program.says('sent', 10_000, 3)
    await program.says('suback', 5000, 2)
    await observer.publish('events/a', 'one', { qos: 2 })
    await observer.publish('events/b', 'two', { qos: 2 })
    await observer.publish('events/a', 'end', { qos: 1 })
    await program.says('disconnect', 5000)
    expect(await program.ended()).toBe(0)
    expect(program.all('options')).toEqual([['true', 'true']])
    expect(program.all('connect')).toEqual([['true']])
    expect(program.all('id')).toEqual([['true', 'true', '3']])
    expect(program.all('refused')).toEqual([['nil']])
    expect(program.all('recv')).toEqual([['events/a', 'one', '1', '0', '0'], ['events/b', 'two', '2', '0', '0'], ['events/a', 'end', '1', '0', '0']])
    expect([...program.all('sent')].map(([id]) => id).sort()).toEqual([...program.all('published')[0]!].sort())
    expect(program.all('suback').map(([good]) => good)).toEqual(['true', 'true'])
    expect(program.all('close')).toHaveLength(1)
    expect(observer.payloads('events/out').sort()).toEqual(['hello', 'hello', 'zero'])
  })

  it('comes back by itself with autoreconn, and with its session', { timeout: 40_000 }, async () => {
    const program = start(luatos, 'luatos_events.lua', { id: fresh(), reconnect: 1, clean: 0, life: 20_000 })
    await program.says('conack', 10_000)
    await program.says('suback', 5000, 2)
    await broker.stop()
    await program.says('disconnect', 5000)
    await broker.start()
    await program.says('conack', 10_000, 2)
    const observer = await watch()
    await program.says('suback', 5000, 4)
    await observer.publish('events/b', 'two', { qos: 2 })
    await program.says('recv', 5000)
  })

  it('stays away without it, says error for what never came up, and close ends it', { timeout: 40_000 }, async () => {
    const program = start(luatos, 'luatos_events.lua', { id: fresh(), life: 3000 })
    await program.says('conack', 10_000)
    await broker.stop()
    await program.says('disconnect', 5000)
    await broker.start()
    expect(await program.ended()).toBe(0)
    expect(program.all('conack')).toHaveLength(1)
    const nowhere = start(luatos, 'luatos_events.lua', { id: fresh(), port: await freePort(), life: 1000 })
    expect((await nowhere.says('error', 5000))[0]).toBe('connect')
    expect(await nowhere.ended()).toBe(0)
  })
})
