/** openLuat's own MQTT: the order of its commands, its two ways to receive, its limits, TLS, escapes, and what firmware does differently. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { air724, air780 } from '../../hal/at/air7xx.js'
import { air724Native, air780Native } from '../../hal/at/native-air7xx.js'
import { LinkCode, type Bytes } from '../../hal/hal.js'
import type { MqttQuirks } from '../../hal/sim/modem/mqtt-options.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { ALL, EVIL, HOST, NativeBench, PORT, type BenchOptions } from './native-bench.js'

const make = (options: BenchOptions = {}): NativeBench => new NativeBench(air780, air780Native, options)
const quirks = (mqtt: Partial<MqttQuirks>): Partial<ModemOptions> => ({ quirks: { mqtt } })

/** What the host sent after the module's line `from`. */
function after(bench: NativeBench, from: string): { next: string; lag: number } {
  const all = bench.modem.transcript
  const i = all.findIndex((one) => one.from === 'module' && one.bytes.includes(from))
  const next = all.slice(i).find((one) => one.from === 'host')!
  return { next: next.bytes, lag: next.at - all[i]!.at }
}

describe('openLuat: connecting', () => {
  it('[S0-02.6] sends MCONNECT as the next command after CONNECT OK, at once, with all that waits behind it', () => {
    const bench = make({ native: { signalEvery: 10 }, modem: quirks({ connectWindowMs: 100 }) })
    for (let i = 0; i < 5; i += 1) bench.client.publish('t', `${i}` as Bytes, 1)
    bench.up()
    const { next, lag } = after(bench, 'CONNECT OK')
    expect(next).toBe('AT+MCONNECT=1,60\r\n')
    expect(lag).toBe(0)
    bench.run(5000)
    expect(bench.taken).toEqual(['0', '1', '2', '3', '4'])
    expect(bench.heard.links.filter(([state]) => state === 'up')).toHaveLength(1)
    bench.check()
  })

  it('[S0-02.6] says MSGSET, MODE and MCONFIG before each open, and MIPCLOSE after each connection', () => {
    const bench = make()
    bench.up()
    bench.broker.kick('native', 'fin')
    bench.until(() => bench.state !== 'up')
    bench.until(() => bench.state === 'up')
    const mqtt = bench.commands.filter((one) => /MQTT|AT\+M/.test(one))
    const once = ['AT+MQTTMSGSET=0', 'AT+MQTTMODE=0', 'AT+MCONFIG="native","",""', `AT+MIPSTART="${HOST}",${PORT}`, 'AT+MCONNECT=1,60']
    expect(mqtt).toEqual([...once, 'AT+MIPCLOSE', ...once])
  })

  it.each(['+MQTTMSGSET', '+MQTTMODE'])('[S0-08a] does not connect through a module that refuses %s', (name) => {
    const bench = make({ modem: { tables: [[{ name, run: (_, call) => { call.error() } }]] } })
    bench.client.connect()
    bench.until(() => bench.heard.links.some(([, code]) => code === LinkCode.AtFailed))
    bench.run(20000)
    expect(bench.commands.some((one) => one.includes('MIPSTART'))).toBe(false)
    expect(bench.broker.connects).toEqual([])
  })

  it('[S0-21] gives the will to MCONFIG with escapes', () => {
    const bench = make({ client: { will: { topic: 'w', payload: 'a "b"\r\n\\c' as Bytes, qos: 1, retain: true }, username: 'u', password: 'p' as Bytes } })
    bench.up()
    expect(bench.commands).toContain('AT+MCONFIG="native","u","p",1,1,"w","a \\22b\\22\\0D\\0A\\5Cc"')
  })

  it.each([{ airConnackRefused: 'closed' }, { airConnackRefused: 'error' }] as const)('a refusal without a code is a server that closes: %j', (mqtt) => {
    const bench = make({ modem: quirks(mqtt) })
    bench.broker.refuseNext(4)
    bench.client.connect()
    bench.until(() => bench.heard.links.some(([, code]) => code === ErrorCode.ClosedByServer), 120000)
    bench.until(() => bench.state === 'up', 120000)
  })

  it('asks newer firmware for a keepalive above 300 s', () => {
    const bench = make({ modem: quirks({ airLongKeepalive: 'mode' }), client: { keepalive: 600 }, native: { longKeepalive: true } })
    bench.up()
    expect(bench.commands).toContain('AT+MCONNECT=1,600,1')
  })
})

describe('openLuat: a connection that ends', () => {
  it('has the bearer looked at before the next one, and no rung climbed for a server that is down for minutes', () => {
    const bench = make()
    bench.up()
    const before = bench.commands.length
    bench.broker.restart({ downMs: 240000, how: 'fin' })
    bench.until(() => bench.state !== 'up')
    bench.until(() => bench.state === 'up', 400000)
    const commands = bench.commands.slice(before)
    expect(commands).toContain('AT+CPIN?')
    expect(commands.indexOf('AT+CPIN?')).toBeLessThan(commands.findIndex((one) => one.startsWith('AT+MIPSTART')))
    expect(commands.some((one) => /CIPSHUT|CFUN|CGACT|RESET/.test(one))).toBe(false)
    expect(commands.filter((one) => one.startsWith('AT+MIPSTART')).length).toBeGreaterThan(3)
  })

  it('does not wait for an answer that the server can give no more', () => {
    let isMute = true
    const bench = make({ broker: { neverAck: ({ kind }) => isMute && kind === 'puback' } })
    bench.up()
    const token = bench.client.publish('t', 'x' as Bytes, 1)
    bench.run(1000)
    isMute = false
    bench.broker.kick('native', 'fin')
    bench.run(1000)
    expect(bench.state).toBe('waiting')
    expect(bench.client.explain().code).toBe(ErrorCode.ClosedByServer)
    bench.run(10000)
    expect(bench.state).toBe('up')
    expect(bench.heard.receipts).toEqual([[token, 'delivered', 0]])
  })

  it.each(['+PDP DEACT', '+PDP: DEACT'] as const)('shuts and sets up again when the context went: %s', (pdpDeact) => {
    const bench = make({ modem: { quirks: { pdpDeact } } })
    bench.up()
    const before = bench.commands.length
    bench.modem.losePdp()
    bench.until(() => bench.state !== 'up')
    expect(bench.client.explain().code).toBe(ErrorCode.NetworkDown)
    bench.until(() => bench.state === 'up', 300000)
    const commands = bench.commands.slice(before)
    expect(commands).toContain('AT+CIPSHUT')
    expect(commands.indexOf('AT+MIPCLOSE')).toBeGreaterThanOrEqual(0)
    expect(commands.indexOf('AT+MIPCLOSE')).toBeLessThan(commands.findIndex((one) => one.startsWith('AT+MIPSTART')))
  })
})

describe('openLuat: receiving', () => {
  it('[S0-08a] pushed messages of 1, 1360 and 4100 bytes arrive whole, and one of 4101 leaves the stream in step', () => {
    const bench = make({ modem: { uartBuffer: 8192 } })
    bench.up()
    bench.client.subscribe('in', 0)
    bench.run(1000)
    const sizes = [1, 1360, 1361, 4100, 4101, 3]
    for (const size of sizes) {
      bench.broker.publish('in', EVIL.repeat(20).substring(0, size) as Bytes, 0)
      bench.run(3000)
    }
    expect(bench.heard.messages.map((one) => one.payload.length)).toEqual(sizes.filter((size) => size <= 4100))
    expect(bench.heard.messages.every((one) => EVIL.repeat(20).startsWith(one.payload))).toBe(true)
    bench.check()
  })

  it('[S0-08a] drops whole and counts what does not fit, and stays in step', () => {
    const bench = make({ native: { receiveMax: 500 } })
    bench.up()
    bench.client.subscribe('in', 0)
    bench.run(1000)
    bench.broker.publish('in', EVIL.repeat(3) as Bytes, 0)
    bench.run(1000)
    bench.broker.publish('in', ALL, 0)
    bench.run(1000)
    expect(bench.heard.messages.map((one) => one.payload)).toEqual([ALL])
    expect(bench.hal.offload!.stats()).toMatchObject({ tooLarge: 1, dropped: 0 })
    // Two that come together, of which one fits.
    bench.modem.silence(500)
    bench.broker.publish('in', ALL, 0)
    bench.broker.publish('in', ALL, 0)
    bench.run(3000)
    expect(bench.heard.messages.map((one) => one.payload)).toEqual([ALL, ALL])
    expect(bench.hal.offload!.stats()).toMatchObject({ tooLarge: 1, dropped: 1 })
    bench.client.publish('out', 'x' as Bytes, 1)
    bench.run(2000)
    expect(bench.taken).toEqual(['x'])
    bench.check()
  })

  it.each(['lowest', 'circle'] as const)('[S0-08b] six messages before a fetch: four arrive, two overruns are counted, slots %s', (airSlots) => {
    const bench = make({ native: { cache: true }, modem: quirks({ airSlots }) })
    bench.up()
    expect(bench.commands).toContain('AT+MQTTMSGSET=1')
    bench.client.subscribe('in,1', 1)
    bench.run(1000)
    bench.modem.silence(1000)
    for (let i = 0; i < 6; i += 1) bench.broker.publish('in,1', `${i}${EVIL}` as Bytes, 1)
    bench.run(5000)
    expect(bench.heard.messages.map((one) => one.payload[0]).sort()).toEqual(['2', '3', '4', '5'])
    expect(bench.heard.messages.every((one) => one.payload.substring(1) === EVIL && one.topic === 'in,1')).toBe(true)
    expect(bench.hal.offload!.stats().overruns).toBe(2)
    expect(bench.commands.filter((one) => one === 'AT+MQTTMSGGET')).toHaveLength(1)
    bench.check()
  })

  it('[S0-08b] fetches at once, before what waits to be sent, one fetch for several notices; nothing of an old life is fetched', () => {
    const bench = make({ native: { cache: true } })
    bench.up()
    bench.client.subscribe('in', 0)
    bench.run(1000)
    const before = bench.commands.length
    for (let i = 0; i < 10; i += 1) bench.client.publish('out', `${i}` as Bytes, 1)
    bench.broker.publish('in', 'a' as Bytes, 0)
    bench.broker.publish('in', 'b' as Bytes, 0)
    bench.run(10000)
    const commands = bench.commands.slice(before).filter((one) => one.startsWith('AT'))
    const fetches = commands.filter((one) => one === 'AT+MQTTMSGGET')
    expect(fetches.length).toBeLessThanOrEqual(2)
    expect(commands.indexOf('AT+MQTTMSGGET')).toBeLessThan(6)
    expect(bench.heard.messages.map((one) => one.payload)).toEqual(['a', 'b'])
    expect(bench.taken).toHaveLength(10)
    bench.modem.reboot()
    bench.until(() => bench.state !== 'up')
    bench.until(() => bench.state === 'up', 120000)
    bench.run(3000)
    expect(bench.commands.filter((one) => one === 'AT+MQTTMSGGET')).toHaveLength(fetches.length)
    expect(bench.hal.offload!.stats()).toEqual({ overruns: 0, dropped: 0, tooLarge: 0, refused: 0 })
  })
})

describe('openLuat: bytes lost on the line', () => {
  it('[S0-08a] a message that lacks bytes is dropped and counted, and no later line is taken for them', () => {
    let isLosing = false
    const bench = make({ modem: { faults: { script: (name, detail) => name === 'loseOut' && isLosing && detail === 'L' } } })
    bench.up()
    bench.client.subscribe('in', 0)
    bench.run(1000)
    isLosing = true
    bench.broker.publish('in', `a${'L'.repeat(30)}b` as Bytes, 0)
    bench.run(1500)
    isLosing = false
    bench.broker.publish('in', 'next' as Bytes, 0)
    bench.run(1000)
    expect(bench.heard.messages.map((one) => one.payload)).toEqual(['next'])
    expect(bench.hal.offload!.stats()).toMatchObject({ dropped: 1 })
    bench.client.publish('out', 'x' as Bytes, 1)
    bench.run(1000)
    expect(bench.taken).toEqual(['x'])
    expect(bench.heard.links.filter(([state]) => state === 'up')).toHaveLength(1)
  })
})

describe('openLuat: publishing', () => {
  it('[S0-15] without MPUBEX sends texts with escapes, and refuses by name what they cannot carry', () => {
    const bench = new NativeBench(air724, air724Native, { native: { escape: true } })
    bench.up()
    const text = Array.from(ALL.substring(1)).filter((c) => c !== '\b' && c !== '\x1a').join('') as Bytes
    const token = bench.client.publish('t', text, 1)
    bench.run(2000)
    bench.client.publish('t', '{"a":"\\22"}\r\n' as Bytes, 0)
    bench.run(2000)
    expect(bench.taken).toEqual([text, '{"a":"\\22"}\r\n'])
    expect(bench.heard.receipts[0]).toEqual([token, 'delivered', 0])
    expect(bench.commands).toContain('AT+MPUB="t",0,0,"{\\22a\\22:\\22\\5C22\\22}\\0D\\0A"')
    const before = bench.modem.transcript.length
    for (const [payload, byte] of [['a\0', 0], ['a\b', 8], ['a\x1a', 26]] as const) {
      expect(bench.client.publish('t', payload as Bytes)).toBe(ErrorCode.OffloadUnsupported)
      expect(bench.client.explain()).toMatchObject({ detail: 'notInPayload', value: byte })
    }
    bench.run(2000)
    expect(bench.lines(before)).toEqual([])
    bench.check()
  })

  it('waits for PUBACK before the next publish', () => {
    const bench = make({ broker: { ackDelayMs: ({ kind }) => kind === 'puback' ? 2000 : 0 } })
    bench.up()
    const tokens = [1, 2, 3].map((i) => bench.client.publish('t', `${i}` as Bytes, 1))
    bench.run(1000)
    expect(bench.taken).toEqual(['1'])
    bench.run(8000)
    expect(bench.taken).toEqual(['1', '2', '3'])
    expect(bench.heard.receipts.map(([token]) => token)).toEqual(tokens)
    bench.check()
  })

  it('a PUBACK that never comes is no receipt: the message goes again over a new connection', () => {
    let isMute = true
    const bench = make({ broker: { neverAck: ({ kind }) => isMute && kind === 'puback' } })
    bench.up()
    const token = bench.client.publish('t', 'x' as Bytes, 1)
    bench.until(() => bench.state !== 'up', 120000)
    isMute = false
    bench.until(() => bench.heard.receipts.length > 0, 120000)
    expect(bench.heard.receipts).toEqual([[token, 'delivered', 0]])
    expect(bench.taken.length).toBeGreaterThan(1)
  })

  it('gives up a message that the module refuses each time', () => {
    let refused = 0
    const bench = make({ modem: { tables: [[{ name: '+MPUBEX', run: (_, call) => {
      refused += 1
      call.error()
    } }]] } })
    bench.up()
    const token = bench.client.publish('t', 'x' as Bytes, 1)
    bench.until(() => bench.heard.receipts.length > 0, 300000)
    expect(bench.heard.receipts).toEqual([[token, 'rejected', ErrorCode.Poison]])
    expect(refused).toBeLessThan(6)
    expect(bench.hal.offload!.stats().refused).toBe(refused)
  })

  it('lives through stray lines at each boundary, small pieces and doubled line ends', () => {
    const bench = make({
      native: { cache: true },
      modem: { faults: { chunks: [1, 7], chunkGapMs: 1, unsolicited: 0.3, doubledLineEnd: 0.3, promptUrc: 0.5, promptUrcWhere: 'before' } }
    })
    bench.up(120000)
    bench.client.subscribe('in', 1)
    bench.run(5000)
    for (let i = 0; i < 10; i += 1) {
      bench.client.publish('out', `${i}${EVIL}` as Bytes, 1)
      bench.broker.publish('in', `${i}${EVIL}` as Bytes, 1)
      bench.run(8000)
    }
    expect(bench.taken).toHaveLength(10)
    expect(bench.heard.messages.map((one) => one.payload.substring(1))).toEqual(Array.from({ length: 10 }, () => EVIL))
    expect(bench.heard.links.filter(([state]) => state === 'up')).toHaveLength(1)
    bench.check()
  })
})

describe('openLuat: TLS', () => {
  const ca = '-----CA-----' as Bytes
  const cert = '-----CERT-----' as Bytes
  const key = '-----KEY-----' as Bytes

  /** From the first command of TLS to the open, prompts' data included. */
  function secured(bench: NativeBench): string[] {
    const all = bench.commands
    return all.slice(all.findIndex((one) => /FSCREATE|SSLCFG/.test(one)), all.findIndex((one) => one.includes('SSLMIPSTART')) + 1).filter((one) => !/MSGSET|MODE|MCONFIG/.test(one))
  }
  const common = ['AT+SSLCFG="sslversion",88,3', 'AT+SSLCFG="ciphersuite",88,0XFFFF']
  const tail = [`AT+SSLCFG="hostname",88,"${HOST}"`, `AT+SSLMIPSTART="${HOST}",${PORT}`]

  it('[S0-09] checks the server with the certificate that is given', () => {
    const bench = make({ tls: { ca } })
    bench.up()
    expect(secured(bench)).toEqual([
      'AT+FSCREATE="ca.crt"', `AT+FSWRITE="ca.crt",0,${ca.length},15`, ca, ...common, 'AT+SSLCFG="cacert",88,"ca.crt"', 'AT+SSLCFG="seclevel",88,1', 'AT+SSLCFG="ignorelocaltime",88,0', ...tail
    ])
  })

  it('[S0-09] [S0-13] identifies itself with its own, once for each start of the module', () => {
    const bench = make({ tls: { ca, cert, key } })
    bench.up()
    expect(secured(bench)).toEqual([
      'AT+FSCREATE="ca.crt"', `AT+FSWRITE="ca.crt",0,${ca.length},15`, ca, 'AT+FSCREATE="client.crt"', `AT+FSWRITE="client.crt",0,${cert.length},15`, cert,
      'AT+FSCREATE="client.key"', `AT+FSWRITE="client.key",0,${key.length},15`, key, ...common, 'AT+SSLCFG="cacert",88,"ca.crt"',
      'AT+SSLCFG="clientcert",88,"client.crt"', 'AT+SSLCFG="clientkey",88,"client.key"', 'AT+SSLCFG="seclevel",88,2', 'AT+SSLCFG="ignorelocaltime",88,0', ...tail
    ])
    const writes = (): number => bench.commands.filter((one) => one.includes('FSWRITE')).length
    expect(writes()).toBe(3)
    bench.broker.kick('native', 'rst')
    bench.until(() => bench.state !== 'up')
    bench.until(() => bench.state === 'up')
    expect(writes()).toBe(3)
    bench.modem.reboot()
    bench.until(() => bench.state !== 'up')
    bench.until(() => bench.state === 'up', 120000)
    expect(writes()).toBe(6)
  })

  it('[S0-09] checks nothing only where that is written out', () => {
    const bench = make({ tls: { insecureNoVerify: true } })
    bench.up()
    expect(secured(bench)).toEqual([...common, 'AT+SSLCFG="seclevel",88,0', 'AT+SSLCFG="ignorelocaltime",88,1', ...tail])
    const silent = make({ tls: {} })
    silent.client.connect()
    silent.until(() => silent.heard.links.some(([, code]) => code === LinkCode.Unsupported))
    silent.run(10000)
    expect(silent.commands.some((one) => /SSL|MIPSTART/.test(one))).toBe(false)
  })
})
