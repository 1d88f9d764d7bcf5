import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { BROKER, BROKER_PORT, EVIL, MqttBench } from './mqtt-bench.js'

const OK = '\r\nOK\r\n'
const ERROR = '\r\nERROR\r\n'
const OPEN = `AT+QMTOPEN=0,"${BROKER}",${BROKER_PORT}`

function connected(options: Partial<ModemOptions> = {}, broker: Partial<ModelBrokerOptions> = {}, mode = '0,1'): MqttBench {
  const bench = new MqttBench({ family: 'bg9x', ...options }, broker)
  bench.command(`AT+QMTCFG="recv/mode",0,${mode}`)
  bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
  bench.command('AT+QMTCONN=0,"dev"', '\r\n+QMTCONN: 0,0,0\r\n')
  return bench
}

describe('Quectel MQTT', () => {
  it('says OK to each step and the result later', () => {
    const bench = new MqttBench({ family: 'ec2x' })
    expect(bench.say('AT+QMTCFG="keepalive",0')).toBe(`\r\n+QMTCFG: "keepalive",120\r\n${OK}`)
    expect(bench.say('AT+QMTCFG="keepalive",0,60')).toBe(OK)
    expect(bench.say('AT+QMTCFG="version",0,3')).toBe(OK)
    expect(bench.say('AT+QMTCFG="session",0,0')).toBe(OK)
    expect(bench.say('AT+QMTCFG="timeout",0,10,2,1')).toBe(OK)
    expect(bench.say('AT+QMTCFG="timeout",0')).toBe(`\r\n+QMTCFG: "timeout",10,2,1\r\n${OK}`)
    expect(bench.say('AT+QMTCFG="will",0,1,1,0,"gone","left"')).toBe(OK)
    for (const bad of ['"keepalive",0,3601', '"version",0,5', '"timeout",0,61', '"session",6,0', '"nothing",0,0', '"will",0,1']) expect(bench.say(`AT+QMTCFG=${bad}`)).toBe(ERROR)
    expect(bench.say(OPEN)).toBe(`${OK}\r\n+QMTOPEN: 0,0\r\n`)
    expect(bench.say('AT+QMTOPEN?')).toBe(`\r\n+QMTOPEN: 0,"${BROKER}",${BROKER_PORT}\r\n${OK}`)
    expect(bench.say(OPEN)).toBe(`${OK}\r\n+QMTOPEN: 0,2\r\n`)
    expect(bench.say('AT+QMTCONN?')).toBe(`\r\n+QMTCONN: 0,1\r\n${OK}`)
    expect(bench.say('AT+QMTCONN=0,"dev","user","pass"')).toBe(`${OK}\r\n+QMTCONN: 0,0,0\r\n`)
    expect(bench.say('AT+QMTCONN?')).toBe(`\r\n+QMTCONN: 0,3\r\n${OK}`)
    expect(bench.broker.link('dev')!.connect).toMatchObject({ username: 'user', clean: false, keepalive: 60, protocolVersion: 3 })
    expect(bench.say('AT+QMTSUB=0,1,"a/#",2,"b",1')).toBe(`${OK}\r\n+QMTSUB: 0,1,0,2,1\r\n`)
    expect(bench.say('AT+QMTUNS=0,2,"a/#","b"')).toBe(`${OK}\r\n+QMTUNS: 0,2,0\r\n`)
    expect(bench.feed('AT+QMTPUBEX=0,0,0,0,"t",4', 'zero')).toBe(`${OK}\r\n+QMTPUBEX: 0,0,0\r\n`)
    expect(bench.feed('AT+QMTPUB=0,7,1,0,"t",3', 'one')).toBe(`${OK}\r\n+QMTPUB: 0,7,0\r\n`)
    expect(bench.feed('AT+QMTPUB=0,8,2,1,"t"', 'two\x1a')).toBe(`${OK}\r\n+QMTPUB: 0,8,0\r\n`)
    expect(bench.feed('AT+QMTPUB=0,9,1,0,"t"', 'not\x1b')).toBe(ERROR)
    expect(bench.taken).toEqual(['zero', 'one', 'two'])
    for (const bad of ['QMTPUBEX=0,0,1,0,"t",3', 'QMTPUBEX=0,1,0,0,"t",3', 'QMTPUBEX=0,1,1,0,"t"', 'QMTPUBEX=0,1,1,0,"t",4097', 'QMTPUB=1,1,1,0,"t",3', 'QMTSUB=0,0,"t",1', 'QMTSUB=0,1,"t",3']) expect(bench.say(`AT+${bad}`)).toBe(ERROR)
    expect(bench.say('AT+QMTDISC=0')).toBe(`${OK}\r\n+QMTDISC: 0,0\r\n`)
    expect(bench.say('AT+QMTDISC=0')).toBe(`${OK}\r\n+QMTDISC: 0,-1\r\n`)
    expect(bench.broker.oracle.ends.items.map((one) => one.how)).toEqual(['disconnect'])
    expect(bench.within(6000)).toBe('\r\n+QMTSTAT: 0,5\r\n')
    expect(bench.say('AT+QMTCLOSE=0')).toBe(`${OK}\r\n+QMTCLOSE: 0,-1\r\n`)
    bench.broker.check()
  })

  it('carries every byte value both ways at each QoS, and tells the length where it is asked', () => {
    const bench = connected()
    bench.command('AT+QMTSUB=0,1,"e",2', '+QMTSUB: 0,1,0,2\r\n')
    for (const qos of [0, 1, 2]) {
      const id = qos === 0 ? 0 : qos + 10
      const came = bench.feed(`AT+QMTPUBEX=0,${id},${qos},0,"e",${EVIL.length}`, EVIL)
      const start = came.indexOf('\r\n+QMTRECV: 0,')
      const head = /^\r\n\+QMTRECV: 0,(\d+),"e",(\d+),"/.exec(came.substring(start))!
      expect(Number(head[2])).toBe(EVIL.length)
      expect(head[1] === '0').toBe(qos === 0)
      const whole = `${head[0]}${EVIL}"\r\n`
      expect(came.substring(start, start + whole.length)).toBe(whole)
      expect(came.replace(whole, '')).toBe(`${OK}\r\n+QMTPUBEX: 0,${id},0\r\n`)
    }
    expect(bench.taken).toEqual([EVIL, EVIL, EVIL])
    bench.command('AT+QMTCFG="recv/mode",0,0,0')
    bench.broker.publish('e', 'x' as Bytes)
    expect(bench.within(500)).toBe('\r\n+QMTRECV: 0,0,"e","x"\r\n')
    bench.broker.check()
  })

  it('keeps five messages, and the sixth is lost or takes the place of the oldest', () => {
    for (const [qmtFull, got] of [['newest-lost', '12345'], ['oldest-lost', '62345']] as const) {
      const bench = connected({ quirks: { mqtt: { qmtFull } } }, {}, '1,1')
      bench.command('AT+QMTSUB=0,1,"t",0', '+QMTSUB: 0,1,0,0\r\n')
      for (let i = 1; i <= 6; i++) bench.broker.publish('t', String(i) as Bytes)
      const notices = [0, 1, 2, 3, 4, ...qmtFull === 'oldest-lost' ? [0] : []]
      expect(bench.within(500)).toBe(notices.map((slot) => `\r\n+QMTRECV: 0,${slot}\r\n`).join(''))
      expect(bench.say('AT+QMTRECV?')).toBe(`\r\n+QMTRECV: 0,1,1,1,1,1\r\n${OK}`)
      expect(bench.say('AT+QMTRECV=0,3')).toBe(`\r\n+QMTRECV: 0,0,"t",1,"4"\r\n${OK}`)
      expect(bench.say('AT+QMTRECV=0,3')).toBe(OK)
      expect(bench.say('AT+QMTRECV=0')).toBe(`${[...got].filter((one) => one !== '4').map((one) => `\r\n+QMTRECV: 0,0,"t",1,"${one}"\r\n`).join('')}${OK}`)
      bench.broker.publish('t', EVIL)
      bench.expect('\r\n+QMTRECV: 0,0\r\n')
      expect(bench.say('AT+QMTRECV=0,0')).toBe(`\r\n+QMTRECV: 0,0,"t",${EVIL.length},"${EVIL}"\r\n${OK}`)
    }
  })

  it('has five in flight, sends again, and gives up', () => {
    const bench = connected({}, { neverAck: (ack) => ack.kind === 'puback' })
    bench.command('AT+QMTCFG="timeout",0,5,3,1')
    for (let id = 1; id <= 5; id++) expect(bench.feed(`AT+QMTPUBEX=0,${id},1,0,"t",1`, 'x', 100)).toBe(OK)
    expect(bench.say('AT+QMTPUBEX=0,6,1,0,"t",1')).toBe(ERROR)
    expect(bench.within(4000)).toContain('\r\n+QMTPUBEX: 0,1,1,1\r\n')
    expect(bench.within(5000)).toContain('\r\n+QMTPUBEX: 0,5,1,2\r\n')
    expect(bench.within(5000)).toContain('\r\n+QMTPUBEX: 0,1,2\r\n')
    expect(bench.taken.length).toBe(15)
    bench.broker.options.neverAck = () => false
    expect(bench.feed('AT+QMTPUBEX=0,6,1,0,"t",1', 'x')).toBe(`${OK}\r\n+QMTPUBEX: 0,6,0\r\n`)
    expect(bench.broker.oracle.violations.items.every((one) => one.kind.startsWith('resent'))).toBe(true)
    bench.modem.quirks.mqtt = { qmtResends: false }
    bench.broker.options.neverAck = () => true
    expect(bench.feed('AT+QMTPUBEX=0,7,1,0,"t",1', 'x', 16000)).toBe(`${OK}\r\n+QMTPUBEX: 0,7,2\r\n`)
    expect(bench.taken.length).toBe(17)
  })

  it('gives the codes of CONNACK and SUBACK, and of a link that cannot be opened', () => {
    const bench = new MqttBench({ family: 'bg9x' }, { authorizeSubscribe: () => 'refuse' })
    expect(bench.say('AT+QMTOPEN=1,"nobody.test",1', 5000)).toMatch(/^\r\nOK\r\n\r\n\+QMTOPEN: 1,[45]\r\n$/)
    bench.modem.radio.dns = 'fail'
    expect(bench.say(OPEN)).toBe(`${OK}\r\n+QMTOPEN: 0,4\r\n`)
    bench.modem.radio.dns = 'ok'
    bench.broker.refuseNext(4)
    bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
    expect(bench.say('AT+QMTCONN=0,"dev"')).toBe(`${OK}\r\n+QMTCONN: 0,0,4\r\n\r\n+QMTSTAT: 0,1\r\n`)
    expect(bench.say('AT+QMTCONN=0,"dev"')).toBe(ERROR)
    bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
    bench.command('AT+QMTCONN=0,"dev"', '\r\n+QMTCONN: 0,0,0\r\n')
    expect(bench.say('AT+QMTSUB=0,1,"t",1')).toBe(`${OK}\r\n+QMTSUB: 0,1,0,128\r\n`)
  })

  it('tells how a link ended', () => {
    const bench = connected({ quirks: { mqtt: { connectWindowMs: 5000 } } })
    bench.broker.kick('dev', 'rst')
    expect(bench.within(500)).toBe('\r\n+QMTSTAT: 0,1\r\n')
    bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
    expect(bench.within(6000)).toBe('\r\n+QMTSTAT: 0,1\r\n')
    bench.broker.options.connackDelayMs = 60000
    bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
    expect(bench.say('AT+QMTCONN=0,"dev"', 6000)).toBe(`${OK}\r\n+QMTSTAT: 0,4\r\n`)
    bench.broker.options.connackDelayMs = 0
    bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
    bench.command('AT+QMTCONN=0,"dev"', '\r\n+QMTCONN: 0,0,0\r\n')
    bench.broker.options.neverAck = (ack) => ack.kind === 'pingresp'
    expect(bench.within(180000)).toBe('\r\n+QMTSTAT: 0,2\r\n')
    bench.broker.options.neverAck = () => false
    bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
    bench.modem.losePdp()
    expect(bench.within(500)).toBe('\r\n+QMTSTAT: 0,7\r\n\r\n+QIURC: "pdpdeact",1\r\n')
    expect(bench.say('AT+QMTCLOSE=0')).toBe(`${OK}\r\n+QMTCLOSE: 0,-1\r\n`)
  })

  it('has six clients, and forgets them in a reboot', () => {
    const bench = connected()
    bench.command(`AT+QMTOPEN=5,"${BROKER}",${BROKER_PORT}`, '\r\n+QMTOPEN: 5,0\r\n')
    bench.command('AT+QMTCONN=5,"other"', '\r\n+QMTCONN: 5,0,0\r\n')
    expect(bench.say(`AT+QMTOPEN=6,"${BROKER}",${BROKER_PORT}`)).toBe(ERROR)
    expect(bench.broker.session('other')!.online).toBe(true)
    bench.modem.reboot()
    bench.run(20000)
    expect(bench.say('AT+QMTOPEN?')).toBe(OK)
    expect(bench.say('AT+QMTCFG="recv/mode",0')).toBe(`\r\n+QMTCFG: "recv/mode",0,0\r\n${OK}`)
  })

  it('opens TLS with the context that QMTCFG names', () => {
    const bench = new MqttBench({ family: 'ec2x' }, { listen: { tls: 'ok' } })
    bench.give('AT+QFUPL="ca.pem",3,100', 'PEM', OK, '\r\nCONNECT\r\n')
    bench.command('AT+QSSLCFG="cacert",2,"ca.pem";+QSSLCFG="seclevel",2,1')
    bench.command('AT+QMTCFG="ssl",0,1,2')
    bench.command(OPEN, '\r\n+QMTOPEN: 0,0\r\n')
    bench.command('AT+QMTCONN=0,"dev"', '\r\n+QMTCONN: 0,0,0\r\n')
  })
})
