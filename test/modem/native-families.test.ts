/** What the other families have of their own: slots, parts, second OKs, and what firmware does differently. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { esp } from '../../hal/at/esp.js'
import { espNative } from '../../hal/at/native-esp.js'
import { quectelNative } from '../../hal/at/native-quectel.js'
import { simcomNative } from '../../hal/at/native-simcom.js'
import { bg9x, ec2x } from '../../hal/at/quectel.js'
import { a7670, sim7600 } from '../../hal/at/simcom.js'
import { LinkCode, type Bytes } from '../../hal/hal.js'
import type { MqttQuirks } from '../../hal/sim/modem/mqtt-options.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { ALL, EVIL, FAMILIES, HOST, NativeBench, PORT } from './native-bench.js'

const quirks = (mqtt: Partial<MqttQuirks>, more: Partial<ModemOptions> = {}): Partial<ModemOptions> => ({ quirks: { mqtt }, ...more })
const numbered = (n: number, size = 10): Bytes => `${n}:${'x'.repeat(size)}` as Bytes

describe('Quectel', () => {
  it.each(['newest-lost', 'oldest-lost'] as const)('fetches each slot by its number, five that came together, full: %s', (qmtFull) => {
    const bench = new NativeBench(ec2x, quectelNative, { modem: quirks({ qmtFull }) })
    bench.up()
    bench.client.subscribe('in', 1)
    bench.run(1000)
    bench.modem.silence(1000)
    for (let i = 0; i < 5; i += 1) bench.broker.publish('in', `${i}${EVIL}` as Bytes, 1)
    bench.run(5000)
    expect(bench.heard.messages.map((one) => one.payload.substring(1))).toEqual(Array.from({ length: 5 }, () => EVIL))
    expect(bench.commands.filter((one) => one.startsWith('AT+QMTRECV='))).toHaveLength(5)
    expect(bench.hal.offload!.stats().overruns).toBe(0)
    bench.check()
  })

  it('leaves in the module what the client has no room for, and fetches it when there is', () => {
    const bench = new NativeBench(bg9x, quectelNative, { native: { receiveMax: 700 } })
    bench.up()
    bench.client.subscribe('in', 1)
    bench.run(1000)
    bench.modem.silence(500)
    for (let i = 0; i < 4; i += 1) bench.broker.publish('in', numbered(i, 500), 1)
    bench.run(5000)
    expect(bench.heard.messages.map((one) => one.payload)).toEqual([0, 1, 2, 3].map((i) => numbered(i, 500)))
    expect(bench.hal.offload!.stats()).toEqual({ overruns: 0, dropped: 0, tooLarge: 0, refused: 0 })
  })

  it('tells the granted QoS, and a filter that the server refuses', () => {
    const bench = new NativeBench(ec2x, quectelNative, { core: 'full', broker: { authorizeSubscribe: (_client, filter) => filter === 'no' ? 'refuse' : 'allow' } })
    bench.up()
    bench.client.subscribe('yes', 1)
    bench.client.subscribe('no', 1)
    bench.run(5000)
    expect(bench.heard.subscribed.find(([filter]) => filter === 'yes')).toEqual(['yes', 1])
    expect(bench.heard.subscribed.find(([filter]) => filter === 'no')).toEqual(['no', ErrorCode.SubscribeRefused])
  })

  it.each([0, 1, 7] as const)('knows that its link went with the context, whatever QMTSTAT says (%d)', (qmtPdpStat) => {
    const bench = new NativeBench(ec2x, quectelNative, { modem: quirks({ qmtPdpStat }) })
    bench.up()
    bench.modem.losePdp()
    bench.until(() => bench.state !== 'up', 90000)
    bench.until(() => bench.state === 'up', 300000)
  })

  it('[S0-09] uploads certificates and uses SSL context 2', () => {
    const bench = new NativeBench(ec2x, quectelNative, { tls: { ca: 'CA' as Bytes, cert: 'CERT' as Bytes, key: 'KEY' as Bytes } })
    bench.up()
    expect(bench.commands).toEqual(expect.arrayContaining(['AT+QFUPL="ca.pem",2,60', 'CA', 'AT+QSSLCFG="seclevel",2,2', 'AT+QMTCFG="ssl",0,1,2', `AT+QMTOPEN=0,"${HOST}",${PORT}`]))
  })
})

describe('SIMCom', () => {
  it('puts a message together from its parts, and drops one that does not fit whole', () => {
    const bench = new NativeBench(sim7600, simcomNative, { native: { receiveMax: 5000 }, modem: { uartBuffer: 8192 } })
    bench.up()
    bench.client.subscribe('in', 0)
    bench.run(1000)
    bench.broker.publish('in', EVIL.repeat(12) as Bytes, 0)
    bench.run(3000)
    bench.broker.publish('in', EVIL.repeat(20) as Bytes, 0)
    bench.run(3000)
    bench.broker.publish('in', ALL, 0)
    bench.run(3000)
    expect(bench.heard.messages.map((one) => one.payload)).toEqual([EVIL.repeat(12), ALL])
    expect(bench.hal.offload!.stats()).toMatchObject({ tooLarge: 1, dropped: 0 })
    bench.check()
  })

  it.each([{ cmqttStartTwice: '23' }, { cmqttStartTwice: 'error' }, { cmqttVersion: 4 }, { cmqttSubackRefused: 'failed' }] as const)('connects again where firmware differs: %j', (mqtt) => {
    const bench = new NativeBench(a7670, simcomNative, { modem: quirks(mqtt) })
    bench.up()
    bench.broker.kick('native', 'rst')
    bench.until(() => bench.state !== 'up')
    bench.until(() => bench.state === 'up', 120000)
    bench.client.publish('t', ALL, 1)
    bench.run(3000)
    expect(bench.taken).toEqual([ALL])
  })

  it.each(['ok-then-result', 'result-then-error', 'error-then-result'] as const)('a name that is not known is DNS\'s failure where the module says so in time: %s', (cmqttConnectError) => {
    const bench = new NativeBench(sim7600, simcomNative, { modem: quirks({ cmqttConnectError }), client: { servers: [{ host: 'nobody.test', port: 1 }] } })
    bench.client.connect()
    bench.until(() => bench.heard.links.some(([state, code]) => state === 'waiting' && code !== ErrorCode.NetworkDown), 200000)
    const { code } = bench.client.explain()
    if (cmqttConnectError === 'error-then-result') expect([LinkCode.DnsFailed, LinkCode.TcpFailed]).toContain(code)
    else expect(code).toBe(LinkCode.DnsFailed)
  })
})

describe('ESP-AT', () => {
  it('gives names and a token of 1024 bytes by prompts', () => {
    const password = 'p'.repeat(1024) as Bytes
    const bench = new NativeBench(esp, espNative, { client: { username: 'u,ser'.replace(',', ''), password, clientId: 'c'.repeat(200) } })
    bench.up()
    expect(bench.commands).toEqual(expect.arrayContaining(['AT+MQTTLONGCLIENTID=0,200', 'AT+MQTTLONGPASSWORD=0,1024', password]))
    expect(bench.broker.connects.at(-1)?.clientId).toBe('c'.repeat(200))
    expect(bench.commands.every((one) => one.length < 256 || !one.startsWith('AT'))).toBe(true)
  })

  it('hands a message above 1024 bytes on as the module cuts it, and stays in step', () => {
    const bench = new NativeBench(esp, espNative)
    bench.up()
    bench.client.subscribe('in', 0)
    bench.run(1000)
    bench.broker.publish('in', EVIL.repeat(5) as Bytes, 0)
    bench.run(3000)
    expect(bench.heard.messages.map((one) => one.payload).join('')).toBe(EVIL.repeat(5))
    expect(bench.heard.messages.every((one) => one.payload.length <= espNative.capabilities.maxReceive)).toBe(true)
  })

  it('does not check what it cannot check: that has to be written out', () => {
    const bench = new NativeBench(esp, espNative, { tls: { ca: 'CA' as Bytes } })
    bench.client.connect()
    bench.until(() => bench.heard.links.some(([, code]) => code === LinkCode.Unsupported))
    const open = new NativeBench(esp, espNative, { tls: { insecureNoVerify: true } })
    open.up()
  })
})

describe.each(FAMILIES.map(([family, native]) => [family.name, family, native] as const))('%s', (_, family, native) => {
  it.each(['tiny', 'small', 'full'] as const)('serves a program that waits in yield, core %s', (core) => {
    const bench = new NativeBench(family, native, { core, waits: true })
    expect(bench.client.connect()).toBe(0)
    for (let i = 0; i < 60 && bench.state !== 'up'; i += 1) bench.run(1000)
    bench.client.subscribe('in', 1)
    const token = bench.client.publish('out', EVIL, 1)
    bench.run(3000)
    bench.broker.publish('in', EVIL, 1)
    bench.run(3000)
    expect(bench.taken).toEqual([EVIL])
    expect(bench.heard.receipts).toEqual([[token, 'delivered', 0]])
    expect(bench.heard.messages.map((one) => one.payload)).toEqual([EVIL])
    bench.client.disconnect()
    expect(bench.state).toBe('offline')
    bench.check()
  })

  it('finds a server that is gone without a sign, and comes back to it', () => {
    const bench = new NativeBench(family, native, { client: { pingTimeout: 10000, ackTimeout: 20000 } })
    bench.up()
    bench.broker.restart({ keepSessions: false, downMs: 30000, how: 'silent' })
    const token = bench.client.publish('t', ALL, 1)
    bench.until(() => bench.state !== 'up', 300000)
    bench.until(() => bench.state === 'up', 400000)
    bench.until(() => bench.heard.receipts.length > 0, 60000)
    expect(bench.heard.receipts).toEqual([[token, 'delivered', 0]])
  })

  it('stays in step when the module is cut off in the middle of anything', () => {
    for (let ms = 1; ms < 400; ms += 37) {
      const bench = new NativeBench(family, native, { modem: { seed: ms } })
      bench.up()
      bench.client.subscribe('in', 1)
      for (let i = 0; i < 3; i += 1) bench.client.publish('t', numbered(i, 300), 1)
      bench.broker.publish('in', EVIL, 1)
      bench.run(ms)
      bench.broker.kick('native', 'rst')
      bench.run(60000)
      bench.broker.publish('in', ALL, 1)
      bench.run(5000)
      expect(bench.state).toBe('up')
      expect(new Set(bench.taken)).toEqual(new Set([0, 1, 2].map((i) => numbered(i, 300))))
      expect(bench.heard.receipts.map(([, outcome]) => outcome)).toEqual(['delivered', 'delivered', 'delivered'])
      expect(bench.heard.messages.at(-1)?.payload).toBe(ALL)
      bench.sim.check()
    }
  })
})
