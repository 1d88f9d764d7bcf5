/** The client on every Lua platform against mosquitto: plain and TLS, all QoS, large messages, restarts, pings and the clock's wrap. */
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Peers } from '../../support/peers.js'
import { until } from '../../support/until.js'
import { ErrorCode } from '../../../firmware/codes.js'
import { LuaProgram, PLATFORMS } from './support.js'

const TLS = path.resolve('test/host/tls')
const ALL_BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')

let broker: Mosquitto
const peers = new Peers(() => broker.port)
const programs: LuaProgram[] = []
beforeAll(async () => { broker = await startMosquitto({ persistence: true, autosaveInterval: 1, autosaveOnChanges: true }) })
afterEach(async () => {
  for (const one of programs.splice(0)) one.kill()
  await peers.end()
})
afterAll(() => broker.remove())

describe.each(PLATFORMS)('$name', (platform) => {
  const start = (args: Record<string, string | number>, env: Record<string, string> = {}): LuaProgram => {
    const program = new LuaProgram(platform, 'main.lua', { port: broker.port, id: `lua${Math.random().toString(36).slice(2)}`, ...args }, env)
    programs.push(program)
    return program
  }

  it('echoes QoS 0, 1 and 2, every byte unchanged, each message once; ends in order [S0-07] [S1-15] [S0-17]', { timeout: 60_000 }, async () => {
    const observer = await peers.observer()
    await observer.subscribe('out/#')
    const program = start({})
    await program.up()
    for (const qos of [0, 1, 2] as const) {
      // The filters are the server's only after a moment.
      await until(() => { void observer.publish(`in/warm${qos}`, 'x', { qos: 1 }); return observer.payloads(`out/warm${qos}`).length > 0 }, 5000, 'the echo of a first message')
      await observer.publish(`in/q${qos}`, ALL_BYTES, { qos })
      await observer.publish(`in/q${qos}`, '', { qos })
      await observer.count(`out/q${qos}`, 2)
    }
    await observer.publish('cmd/quit', '', { qos: 1 })
    const [, refused, connects] = await program.says('end')
    expect([refused, connects]).toEqual(['0', '1'])
    expect(await program.ended()).toBe(0)
    await observer.fence()
    for (const qos of [0, 1, 2]) expect(observer.messages.filter(({ topic }) => topic === `out/q${qos}`).map(({ payload, qos: each }) => [payload, each])).toEqual([[ALL_BYTES, qos], ['', qos]])
    expect(program.all('receipt')).toEqual([])
  })

  it('takes a message of 100 kB in pieces of 7 bytes through onStream', { timeout: 60_000 }, async () => {
    const observer = await peers.observer()
    await observer.subscribe('out/#')
    const program = start({ chunk: 7 })
    await program.up()
    await until(() => { void observer.publish('in/warm', 'x', { qos: 1 }); return observer.payloads('out/warm').length > 0 }, 5000, 'the echo of a first message')
    const payload = Array.from({ length: 100_000 }, (_, i) => String.fromCharCode(i * 7 % 256)).join('')
    await observer.publish('in/big', payload, { qos: 1 })
    let sum = 0
    for (let i = 0; i < payload.length; i++) sum = (sum * 31 + payload.charCodeAt(i)) % 65521
    expect((await observer.message('out/big', 30_000)).payload).toBe(`100000 ${sum}`)
  })

  it('loses nothing accepted when the server restarts twice, and reconnects by itself [S0-16]', { timeout: 60_000 }, async () => {
    const program = start({})
    await program.up()
    const observer = await peers.observer({ clientId: `watch${Math.random()}`, clean: false, reconnectPeriod: 100 })
    await observer.subscribe('count', 1)
    await until(() => { void observer.publish('cmd/count', '', { qos: 1 }); return observer.payloads('count').length > 2 }, 5000, 'the first numbers')
    for (let round = 2; round <= 3; round++) {
      await broker.stop()
      await broker.start()
      await program.up(round, 15_000)
      const seen = observer.payloads('count').length
      await observer.count('count', seen + 3, 15_000)
    }
    const numbers = [...new Set(observer.payloads('count').map(Number))]
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1))
    expect(program.all('receipt')).toEqual([])
  })

  it('speaks TLS with a server that it verifies, and with no other', { timeout: 60_000 }, async () => {
    const secure = await startMosquitto({ tls: { certfile: path.join(TLS, 'cert.pem'), keyfile: path.join(TLS, 'key.pem') } })
    try {
      const good = start({ port: secure.port, host: 'localhost', ca: path.join(TLS, 'cert.pem') })
      await good.up()
      const other = start({ port: secure.port, host: 'localhost', ca: path.resolve('test/espruino/tls/cert.pem') })
      // The modules' networks come a moment after the start: NetworkDown is not meant.
      const refusal = await until(() => other.all('link').find(([state, cause]) => state === 'waiting' && cause !== '-132'), 10_000, 'the refusal of the certificate', () => JSON.stringify(other.said))
      expect(['-66', '-67']).toContain(refusal[1])
      expect(other.all('link').some(([name]) => name === 'up' || name === 'connecting')).toBe(false)
    } finally {
      await secure.remove()
    }
  })

  if (platform.shim !== undefined) {
    it('outside of a task yield ends after one slice with Reentrant, and does not keep the others waiting', { timeout: 60_000 }, async () => {
      const program = new LuaProgram(platform, 'outside.lua', { port: broker.port })
      programs.push(program)
      expect(await program.ended()).toBe(0)
      expect(program.all('outside').map(([code]) => code)).toEqual([String(ErrorCode.Reentrant)])
      expect(Number(program.all('outside')[0]![1])).toBeLessThan(1000)
    })

    it('keeps its pings while a second task runs, and while the clock wraps after 2^31 ms', { timeout: 60_000 }, async () => {
      const observer = await peers.observer()
      await observer.subscribe('out/#')
      // Three seconds before the wrap; a keepalive of two seconds would be over in three without a ping.
      const program = start({ keepalive: 2 }, { YIELDMQ_TICKS_ORIGIN: String(2 ** 31 - 3000) })
      await program.up()
      await until(() => { void observer.publish('in/warm', 'x', { qos: 0 }); return observer.payloads('out/warm').length > 0 }, 5000, 'the echo of a first message')
      const count = observer.payloads('out/warm').length
      await new Promise((resolve) => { setTimeout(resolve, 8000) })
      await observer.publish('cmd/quit', '', { qos: 1 })
      const [, , connects, pings, ticks] = (await program.says('end')).map(Number) as [number, number, number, number, number]
      expect(connects).toBe(1)
      expect(pings).toBeGreaterThanOrEqual(3)
      expect(ticks).toBeGreaterThan(200)
      expect(count).toBeGreaterThan(0)
    })
  }
})

it('a flood of 10,000 messages that nobody takes leaves the heap where it was, and none is lost [S0-18]', { timeout: 60_000 }, async () => {
  const flooded = await startMosquitto({ maxQueued: 0 })
  const many = new Peers(() => flooded.port)
  try {
    const observer = await many.observer()
    for (const name of ['LuaSocket on lua5.1', 'LuaSocket on lua5.3']) {
      const program = new LuaProgram(PLATFORMS.find((one) => one.name === name)!, 'flood.lua', { port: flooded.port, id: name.replaceAll(' ', '') })
      programs.push(program)
      await program.says('ready')
      await Promise.all(Array.from({ length: 10_000 }, (_, i) => observer.client.publishAsync('flood', String(i).padStart(100, '0'), { qos: 1 })))
      await observer.publish('go', '', { qos: 1 })
      const [heard, inOrder, most, grown] = (await program.says('heard', 30_000)).map(Number) as [number, number, number, number]
      expect([heard, inOrder]).toEqual([10_000, 1])
      // Of 1.2 MB: the cache's 8192 bytes with its records, the port's 8192, both while they are joined with what comes, and a slice of 4096.
      expect(most).toBeLessThanOrEqual(16)
      expect(grown).toBeLessThan(60_000)
      expect(await program.ended()).toBe(0)
    }
  } finally {
    await many.end()
    await flooded.remove()
  }
})
