import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { BROKER, BROKER_PORT, EVIL, MqttBench } from './mqtt-bench.js'

const OK = '\r\nOK\r\n'
const FAILED = '\r\n+CME ERROR: 767\r\n'
const OPEN = `AT+MIPSTART="${BROKER}",${BROKER_PORT}`

function connected(options: Partial<ModemOptions> = {}, broker: Partial<ModelBrokerOptions> = {}): MqttBench {
  const bench = new MqttBench({ family: 'air780', ...options }, broker)
  bench.command('AT+MCONFIG="dev","",""')
  bench.command('AT+MQTTMSGSET=0;+MQTTMODE=0')
  bench.command(OPEN, '\r\nCONNECT OK\r\n')
  bench.command('AT+MCONNECT=1,60', '\r\nCONNACK OK\r\n')
  return bench
}

/** The escapes of the manual. */
function escaped(text: string): string {
  return text.replace(/\\/g, '\\5C').replace(/"/g, '\\22').replace(/\r/g, '\\0D').replace(/\n/g, '\\0A')
}

describe('openLuat MQTT', () => {
  it('says OK to each step and the result later', () => {
    const bench = new MqttBench({ family: 'air780' })
    expect(bench.say('AT+MQTTMSGSET?')).toBe(`\r\n+MQTTMSGSET:1\r\n${OK}`)
    expect(bench.say('AT+MQTTMODE?')).toBe(`\r\n+MQTTMODE: 0\r\n${OK}`)
    expect(bench.say('AT+MQTTSTATU')).toBe(`\r\n+MQTTSTATU :0\r\n${OK}`)
    expect(bench.say('AT+MCONFIG=dev,user,"pass",1,1,"gone","left"')).toBe(OK)
    expect(bench.say(OPEN)).toBe(`${OK}\r\nCONNECT OK\r\n`)
    expect(bench.say(OPEN)).toBe(`${OK}\r\nALREADY CONNECT\r\n`)
    expect(bench.say('AT+MQTTSTATU')).toBe(`\r\n+MQTTSTATU :2\r\n${OK}`)
    expect(bench.say('AT+MSUB="a",0')).toBe('\r\nERROR\r\n')
    expect(bench.say('AT+MCONNECT=1,60')).toBe(`${OK}\r\nCONNACK OK\r\n`)
    expect(bench.say('AT+MQTTSTATU')).toBe(`\r\n+MQTTSTATU :1\r\n${OK}`)
    expect(bench.broker.link('dev')!.connect).toMatchObject({ username: 'user', clean: true, keepalive: 60, protocolVersion: 4 })
    expect(bench.say('AT+MSUB="a/#",2')).toBe(`${OK}\r\nSUBACK\r\n`)
    expect(bench.say('AT+MUNSUB="a/#"')).toBe(`${OK}\r\nUNSUBACK\r\n`)
    expect(bench.say('AT+MPUB="b",0,0,"zero"')).toBe(OK)
    expect(bench.say('AT+MPUB="b",1,0,"one"')).toBe(`${OK}\r\nPUBACK\r\n`)
    expect(bench.say('AT+MPUB="b",2,1,"two"')).toBe(`${OK}\r\nPUBREC\r\n\r\nPUBCOMP\r\n`)
    expect(bench.taken).toEqual(['zero', 'one', 'two'])
    expect(bench.broker.retained('b')!.payload).toBe('two')
    expect(bench.say('AT+MDISCONNECT')).toBe(OK)
    expect(bench.say('AT+MIPCLOSE')).toBe(OK)
    expect(bench.say('AT+MIPCLOSE')).toBe(FAILED)
    expect(bench.say('AT+MDISCONNECT')).toBe(FAILED)
    expect(bench.broker.oracle.ends.items.map((one) => one.how)).toEqual(['disconnect'])
    expect(bench.broker.retained('gone')).toBeUndefined()
    bench.broker.check()
  })

  it('carries every byte value with MPUBEX and pushes it back, at each QoS', () => {
    const bench = connected()
    bench.command('AT+MSUB="e/v,il",2', '\r\nSUBACK\r\n')
    const acks = ['', '\r\nPUBACK\r\n', '\r\nPUBREC\r\n\r\nPUBCOMP\r\n']
    for (const qos of [0, 1, 2]) {
      const came = bench.feed(`AT+MPUBEX="e/v,il",${qos},0,${EVIL.length}`, EVIL)
      const push = `\r\n+MSUB: "e/v,il",${EVIL.length} byte,${EVIL}\r\n`
      expect(came.startsWith(OK)).toBe(true)
      expect(came).toContain(push)
      expect(came.replace(push, '')).toBe(`${OK}${acks[qos]}`)
    }
    expect(bench.taken).toEqual([EVIL, EVIL, EVIL])
    expect(bench.broker.session('dev')!.outgoing).toEqual([])
    bench.broker.check()
  })

  it('ends a message of unstated length at 0x1A or after 5 s', () => {
    const bench = connected()
    expect(bench.feed('AT+MPUBEX="t",0,0', 'abc\x1a')).toBe(OK)
    expect(bench.feed('AT+MPUBEX="t",0,0', 'def', 4900)).toBe('')
    expect(bench.within(5200)).toBe(OK)
    expect(bench.taken).toEqual(['abc', 'def'])
  })

  it('decodes escapes in text, and hex in mode 1', () => {
    const bench = connected()
    const text = 'a"b\r\nc\\d\\22;,'
    expect(bench.say(`AT+MPUB="t",0,0,"${escaped(text)}"`)).toBe(OK)
    expect(bench.say('AT+MPUB="t",0,0,""')).toBe(OK)
    expect(bench.say('AT+MPUB="t",0,0,bare')).toBe('\r\nERROR\r\n')
    bench.command('AT+MQTTMODE=1')
    expect(bench.say('AT+MPUB="t",0,0,"313200fF"')).toBe(OK)
    expect(bench.say('AT+MPUB="t",0,0,"31320"')).toBe('\r\nERROR\r\n')
    expect(bench.taken).toEqual([text, '', '12\0\xff'])
  })

  it('writes what it receives in mode 1 as one firmware or another may', () => {
    for (const [airHexReceive, line] of [['raw', '3 byte,abc'], ['hex', '3 byte,616263'], ['hex-quoted', '3,"616263"']] as const) {
      const bench = connected({ quirks: { mqtt: { airHexReceive } } })
      bench.command('AT+MSUB="t",0', '\r\nSUBACK\r\n')
      bench.command('AT+MQTTMODE=1')
      bench.broker.publish('t', 'abc' as Bytes)
      expect(bench.within(500)).toBe(`\r\n+MSUB: "t",${line}\r\n`)
    }
  })

  it('keeps four messages, and the fifth takes the place of the oldest', () => {
    for (const [order, got] of [['slot', ['5', '6', '3', '4']], ['age', ['3', '4', '5', '6']]] as const) {
      const bench = connected({ quirks: { mqtt: { airGetOrder: order } } })
      bench.command('AT+MQTTMSGSET=1')
      bench.command('AT+MSUB="t",1', '\r\nSUBACK\r\n')
      for (let i = 1; i <= 6; i++) bench.broker.publish('t', String(i) as Bytes, 1)
      expect(bench.within(1000)).toBe([0, 1, 2, 3, 0, 1].map((slot) => `\r\n+MSUB: ${slot}\r\n`).join(''))
      expect(bench.say('AT+MQTTMSGGET?')).toBe(`${[0, 1, 2, 3].map((slot) => `\r\n+MQTTMSGGET: ${slot},VALID\r\n`).join('')}${OK}`)
      expect(bench.say('AT+MQTTMSGGET')).toBe(`${got.map((text) => `\r\n+MSUB: t,1 byte,${text}\r\n`).join('')}${OK}`)
      expect(bench.say('AT+MQTTMSGGET')).toBe(OK)
      expect(bench.broker.session('dev')!.outgoing).toEqual([])
      bench.broker.publish('t', EVIL, 0)
      bench.expect('\r\n+MSUB: 0\r\n')
      expect(bench.say('AT+MQTTMSGGET?')).toContain('+MQTTMSGGET: 1,INVALID')
      expect(bench.say('AT+MQTTMSGGET')).toBe(`\r\n+MSUB: t,${EVIL.length} byte,${EVIL}\r\n${OK}`)
    }
  })

  it('goes round its slots where the firmware does', () => {
    const bench = connected({ quirks: { mqtt: { airSlots: 'circle' } } })
    bench.command('AT+MQTTMSGSET=1')
    bench.command('AT+MSUB="t",1', '\r\nSUBACK\r\n')
    bench.broker.publish('t', 'a' as Bytes)
    bench.expect('\r\n+MSUB: 0\r\n')
    bench.command('AT+MQTTMSGGET')
    bench.broker.publish('t', 'b' as Bytes)
    bench.expect('\r\n+MSUB: 1\r\n')
  })

  it('has limits by generation', () => {
    for (const [family, limit] of [['air724', 1360], ['air780', 4100]] as const) {
      const bench = connected({ family })
      bench.command('AT+MSUB="t",0', '\r\nSUBACK\r\n')
      expect(bench.say(`AT+MPUBEX="t",0,0,${limit + 1}`)).toBe('\r\nERROR\r\n')
      expect(bench.feed(`AT+MPUBEX="x",1,0,${limit}`, 'x'.repeat(limit), 3000)).toBe(`${OK}\r\nPUBACK\r\n`)
      expect(bench.taken.map((one) => one.length)).toEqual([limit])
      bench.broker.publish('t', 'y'.repeat(limit + 1) as Bytes)
      expect(bench.within(1000)).toBe('')
      bench.modem.quirks.mqtt = { airOverLimit: 'truncate' }
      bench.broker.publish('t', 'y'.repeat(limit + 1) as Bytes)
      expect(bench.within(1000)).toBe(`\r\n+MSUB: "t",${limit} byte,${'y'.repeat(limit)}\r\n`)
    }
    const bench = connected({ family: 'air724' })
    expect(bench.say(`AT+MPUB="t",0,0,"${'z'.repeat(1361)}"`)).toBe('\r\nERROR\r\n')
    expect(bench.say(`AT+MPUB="t",0,0,"${'\\0A'.repeat(1360)}"`)).toBe(OK)
    expect(bench.say(`AT+MSUB="${'t'.repeat(257)}",0`)).toBe('\r\nERROR\r\n')
    expect(bench.say(`AT+MSUB="${'t'.repeat(256)}",0`)).toBe(`${OK}\r\nSUBACK\r\n`)
    expect(bench.say('AT+MSUB="t",3')).toBe('\r\nERROR\r\n')
    expect(bench.say('AT+MCONFIG=dev,,')).toBe('\r\n+CME ERROR: 765\r\n')
    expect(bench.say(`AT+MCONFIG="${'c'.repeat(257)}","",""`)).toBe('\r\nERROR\r\n')
    expect(bench.say('AT+MPUBEX=?')).toBe(`\r\n+MPUBEX:<topic>,(0-2),(0-1),<len>\r\n${OK}`)
  })

  it('refuses a second PUBLISH while one is not acknowledged', () => {
    const bench = connected({}, { ackDelayMs: () => 3000 })
    expect(bench.say('AT+MPUB="t",1,0,"a"')).toBe(OK)
    expect(bench.say('AT+MPUB="t",1,0,"b"')).toBe('\r\nERROR\r\n')
    expect(bench.say('AT+MPUB="t",0,0,"c"')).toBe(OK)
    bench.expect('\r\nPUBACK\r\n')
    expect(bench.taken).toEqual(['a', 'c'])
  })

  it('hides the reason of a refused CONNACK', () => {
    for (const [airConnackRefused, lines] of [['error', '\r\nERROR\r\n\r\nCLOSED\r\n'], ['closed', '\r\nCLOSED\r\n']] as const) {
      const bench = new MqttBench({ family: 'air724', quirks: { mqtt: { airConnackRefused } } })
      bench.broker.refuseNext(5)
      bench.command('AT+MCONFIG="dev","",""')
      bench.command(OPEN, '\r\nCONNECT OK\r\n')
      expect(bench.say('AT+MCONNECT=1,60')).toBe(`${OK}${lines}`)
      expect(bench.say('AT+MCONNECT=1,60')).toBe(FAILED)
    }
  })

  it('hides a refused subscription, unless the firmware does not', () => {
    const broker = { authorizeSubscribe: () => 'refuse' as const }
    expect(connected({}, broker).say('AT+MSUB="t",1')).toBe(`${OK}\r\nSUBACK\r\n`)
    expect(connected({ quirks: { mqtt: { airSubackRefused: 'error' } } }, broker).say('AT+MSUB="t",1')).toBe(`${OK}\r\nERROR\r\n`)
  })

  it('reports the close of the broker, and needs no new MCONFIG until MIPCLOSE', () => {
    const bench = connected()
    bench.broker.kick('dev', 'fin')
    expect(bench.expect('CLOSED\r\n')).toBe('\r\nCLOSED\r\n')
    expect(bench.say('AT+MQTTSTATU')).toBe(`\r\n+MQTTSTATU :0\r\n${OK}`)
    expect(bench.say('AT+MPUB="t",0,0,"a"')).toBe('\r\nERROR\r\n')
    bench.command(OPEN, '\r\nCONNECT OK\r\n')
    bench.command('AT+MCONNECT=1,60', '\r\nCONNACK OK\r\n')
    bench.command('AT+MIPCLOSE')
    bench.command(OPEN, '\r\nCONNECT OK\r\n')
    expect(bench.say('AT+MCONNECT=1,60')).toBe(FAILED)
  })

  it('closes where MCONNECT is late, if told so', () => {
    const bench = new MqttBench({ family: 'air724', quirks: { mqtt: { connectWindowMs: 5000 } } })
    bench.command('AT+MCONFIG="dev","",""')
    bench.command(OPEN, '\r\nCONNECT OK\r\n')
    expect(bench.within(5500)).toBe('\r\nCLOSED\r\n')
    expect(bench.say('AT+MCONNECT=1,60')).toBe(FAILED)
    bench.command(OPEN, '\r\nCONNECT OK\r\n')
    bench.command('AT+MCONNECT=1,60', '\r\nCONNACK OK\r\n')
    expect(bench.within(6000)).toBe('')
  })

  it('numbers its lines with CIPMUX=1', () => {
    const bench = new MqttBench({ family: 'air724' })
    bench.command('AT+CIPMUX=1')
    bench.command('AT+MCONFIG="dev","",""')
    expect(bench.say(OPEN)).toBe(`${OK}\r\n7,CONNECT OK\r\n`)
    expect(bench.say(OPEN)).toBe(`${OK}\r\nALREADY CONNECT\r\n`)
    bench.command('AT+MIPCLOSE')
    expect(bench.say('AT+MIPSTART="nobody.test",1', 5000)).toBe(`${OK}\r\n7,CONNECT FAIL\r\n`)
  })

  it('loses the link with the context, and needs CIPSHUT', () => {
    const bench = connected()
    bench.modem.losePdp()
    expect(bench.within(500)).toBe('\r\n+CGEV: NW PDN DEACT 1\r\n\r\n+PDP DEACT\r\n')
    expect(bench.say('AT+MIPCLOSE')).toBe(FAILED)
    expect(bench.say(OPEN, 5000)).toBe(`${OK}\r\nSTATE:PDP DEACT\r\n\r\nCONNECT FAIL\r\n`)
    bench.command('AT+CIPSHUT', 'SHUT OK\r\n')
    bench.command('AT+MCONFIG="dev","",""')
    bench.command(OPEN, '\r\nCONNECT OK\r\n')
    bench.command('AT+CIPSHUT', 'SHUT OK\r\n')
    expect(bench.say('AT+MQTTSTATU')).toBe(`\r\n+MQTTSTATU :0\r\n${OK}`)
  })

  it('forgets everything in a reboot', () => {
    const bench = connected()
    bench.modem.reboot()
    bench.run(20000)
    expect(bench.say('AT+MQTTMSGSET?')).toContain('+MQTTMSGSET:1\r\n')
    expect(bench.say('AT+MQTTSTATU')).toBe(`\r\n+MQTTSTATU :0\r\n${OK}`)
    bench.command(OPEN, '\r\nCONNECT OK\r\n')
    expect(bench.say('AT+MCONNECT=1,60')).toBe(FAILED)
  })

  it('pings by itself, and closes where no answer comes', () => {
    const bench = connected()
    expect(bench.within(300000)).toBe('')
    expect(bench.broker.session('dev')!.online).toBe(true)
    bench.broker.options.neverAck = (ack) => ack.kind === 'pingresp'
    expect(bench.within(90000)).toBe('\r\nCLOSED\r\n')
  })

  it('opens TLS with the files of context 88', () => {
    const bench = new MqttBench({ family: 'air780' }, { listen: { tls: 'ok' } })
    bench.command('AT+FSCREATE="ca.crt"')
    bench.give('AT+FSWRITE="ca.crt",0,3,10', 'PEM', OK)
    bench.command('AT+SSLCFG="cacert",88,"ca.crt";+SSLCFG="seclevel",88,1')
    bench.command('AT+MCONFIG="dev","",""')
    bench.command(`AT+SSLMIPSTART="${BROKER}",${BROKER_PORT}`, '\r\nCONNECT OK\r\n')
    bench.command('AT+MCONNECT=1,60', '\r\nCONNACK OK\r\n')
    bench.command('AT+MIPCLOSE')
    bench.command('AT+SSLCFG="cacert",88,"none.crt"')
    bench.command(`AT+SSLMIPSTART="${BROKER}",${BROKER_PORT}`, '\r\nSTATE:TCP CLOSED\r\n\r\nCONNECT FAIL\r\n')
  })

  it('refuses the data of a link that ended at the prompt, at once or when it has them', () => {
    for (const closedAtPrompt of ['error-after-data', 'error-at-once'] as const) {
      const bench = connected({ quirks: { closedAtPrompt } })
      bench.command('AT+MPUBEX="t",0,0,3', '\r\n> ')
      bench.broker.kick('dev', 'fin')
      const came = bench.within(500)
      bench.type('abc\r\n')
      if (closedAtPrompt === 'error-at-once') expect([came, bench.within(500)]).toEqual([`\r\nERROR\r\n\r\nCLOSED\r\n`, ''])
      else expect([came, bench.within(500)]).toEqual(['\r\nCLOSED\r\n', '\r\nERROR\r\n'])
    }
  })

  it('takes no more from the broker than the line carries, and tears no message', () => {
    const bench = connected({ pacing: true, faults: { chunks: 3, unsolicited: 0.3 } })
    bench.command('AT+MSUB="t",1', '\r\nSUBACK\r\n')
    const sent = Array.from({ length: 30 }, (_, i) => `${i}.${EVIL.repeat(10)}` as Bytes)
    for (const payload of sent) bench.broker.publish('t', payload, 1)
    const came = bench.within(60000)
    let from = 0
    for (const payload of sent) {
      const line = `\r\n+MSUB: "t",${payload.length} byte,${payload}\r\n`
      const at = came.indexOf(line, from)
      expect(at).toBeGreaterThanOrEqual(from)
      from = at + line.length
    }
    expect(bench.modem.modem.wire.dropped).toBe(0)
    expect(bench.broker.session('dev')!.outgoing).toEqual([])
  })
})
