import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { BROKER, BROKER_PORT, EVIL, MqttBench } from './mqtt-bench.js'

const OK = '\r\nOK\r\n'
const ERROR = '\r\nERROR\r\n'
const CONNECT = `AT+CMQTTCONNECT=0,"tcp://${BROKER}:${BROKER_PORT}",60,1`

function connected(options: Partial<ModemOptions> = {}, broker: Partial<ModelBrokerOptions> = {}): MqttBench {
  const bench = new MqttBench({ family: 'a7670', ...options }, broker)
  bench.command('AT+CMQTTSTART', '\r\n+CMQTTSTART: 0\r\n')
  bench.command('AT+CMQTTACCQ=0,"dev",0')
  bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
  return bench
}

function publish(bench: MqttBench, topic: string, payload: string, qos: number, ms = 1000): string {
  expect(bench.feed(`AT+CMQTTTOPIC=0,${topic.length}`, topic, 200)).toBe(OK)
  expect(bench.feed(`AT+CMQTTPAYLOAD=0,${payload.length}`, payload, 200)).toBe(OK)
  return bench.say(`AT+CMQTTPUB=0,${qos},60`, ms)
}

/** A message as the module writes it. */
function received(topic: string, payload: string): string {
  let text = `\r\n+CMQTTRXSTART: 0,${topic.length},${payload.length}\r\n\r\n+CMQTTRXTOPIC: 0,${topic.length}\r\n${topic}\r\n`
  for (let at = 0; at < payload.length; at += 1500) {
    const piece = payload.substring(at, at + 1500)
    text += `\r\n+CMQTTRXPAYLOAD: 0,${piece.length}\r\n${piece}\r\n`
  }
  return `${text}\r\n+CMQTTRXEND: 0\r\n`
}

describe('SIMCom MQTT', () => {
  it('says OK to each step and the result later', () => {
    const bench = new MqttBench({ family: 'sim7600' })
    expect(bench.say('AT+CMQTTACCQ=0,"dev"')).toBe(ERROR)
    expect(bench.say('AT+CMQTTSTOP')).toBe(ERROR)
    expect(bench.say('AT+CMQTTSTART')).toBe(`${OK}\r\n+CMQTTSTART: 0\r\n`)
    expect(bench.say('AT+CMQTTSTART')).toBe(ERROR)
    bench.modem.quirks.mqtt = { cmqttStartTwice: '23' }
    expect(bench.say('AT+CMQTTSTART')).toBe(`\r\n+CMQTTSTART: 23\r\n${ERROR}`)
    expect(bench.say(CONNECT)).toBe(`\r\n+CMQTTCONNECT: 0,20\r\n${ERROR}`)
    expect(bench.say('AT+CMQTTACCQ=0,"dev",0')).toBe(OK)
    expect(bench.say('AT+CMQTTACCQ=0,"dev",0')).toBe(`\r\n+CMQTTACCQ: 0,19\r\n${ERROR}`)
    expect(bench.say('AT+CMQTTACCQ?')).toBe(`\r\n+CMQTTACCQ: 0,"dev",0\r\n\r\n+CMQTTACCQ: 1,"",0\r\n${OK}`)
    expect(bench.say('AT+CMQTTCFG="version",0,4')).toBe(OK)
    expect(bench.feed('AT+CMQTTWILLTOPIC=0,4', 'gone')).toBe(OK)
    expect(bench.feed('AT+CMQTTWILLMSG=0,4,1', 'left')).toBe(OK)
    expect(bench.say('AT+CMQTTPUB=0,1,60')).toBe(`\r\n+CMQTTPUB: 0,11\r\n${ERROR}`)
    expect(bench.say(`${CONNECT},"user","pass"`)).toBe(`${OK}\r\n+CMQTTCONNECT: 0,0\r\n`)
    expect(bench.say(CONNECT)).toBe(`\r\n+CMQTTCONNECT: 0,14\r\n${ERROR}`)
    expect(bench.broker.link('dev')!.connect).toMatchObject({ username: 'user', clean: true, keepalive: 60, protocolVersion: 4 })
    expect(bench.say('AT+CMQTTCONNECT?')).toBe(`\r\n+CMQTTCONNECT: 0,"tcp://${BROKER}:${BROKER_PORT}",60,1,"user","pass"\r\n\r\n+CMQTTCONNECT: 1\r\n${OK}`)
    expect(bench.say('AT+CMQTTDISC?')).toBe(`\r\n+CMQTTDISC: 0,0\r\n\r\n+CMQTTDISC: 1,1\r\n${OK}`)
    expect(bench.feed('AT+CMQTTSUB=0,3,2', 'a/#')).toBe(`${OK}\r\n+CMQTTSUB: 0,0\r\n`)
    expect(bench.feed('AT+CMQTTSUBTOPIC=0,1,1', 'b')).toBe(OK)
    expect(bench.feed('AT+CMQTTSUBTOPIC=0,1,0', 'c')).toBe(OK)
    expect(bench.say('AT+CMQTTSUB=0')).toBe(`${OK}\r\n+CMQTTSUB: 0,0\r\n`)
    expect(bench.broker.session('dev')!.subscriptions.map((one) => one.filter)).toEqual(['a/#', 'b', 'c'])
    expect(bench.say('AT+CMQTTSUB=0')).toBe(`\r\n+CMQTTSUB: 0,18\r\n${ERROR}`)
    expect(bench.feed('AT+CMQTTUNSUB=0,1,0', 'b')).toBe(`${OK}\r\n+CMQTTUNSUB: 0,0\r\n`)
    expect(bench.feed('AT+CMQTTUNSUBTOPIC=0,1', 'c')).toBe(OK)
    expect(bench.say('AT+CMQTTUNSUB=0,0')).toBe(`${OK}\r\n+CMQTTUNSUB: 0,0\r\n`)
    expect(bench.broker.session('dev')!.subscriptions.length).toBe(1)
    for (const qos of [0, 1, 2]) expect(publish(bench, 't', String(qos), qos)).toBe(`${OK}\r\n+CMQTTPUB: 0,0\r\n`)
    expect(bench.say('AT+CMQTTPUB=0,1,60')).toBe(`\r\n+CMQTTPUB: 0,18\r\n${ERROR}`)
    expect(bench.taken).toEqual(['0', '1', '2'])
    expect(bench.say('AT+CMQTTREL=0')).toBe(`\r\n+CMQTTREL: 0,14\r\n${ERROR}`)
    expect(bench.say('AT+CMQTTDISC=0,120')).toBe(`${OK}\r\n+CMQTTDISC: 0,0\r\n`)
    expect(bench.broker.oracle.ends.items.map((one) => one.how)).toEqual(['disconnect'])
    expect(bench.say('AT+CMQTTDISC=0,120')).toBe(`\r\n+CMQTTDISC: 0,11\r\n${ERROR}`)
    expect(bench.say('AT+CMQTTSTOP')).toBe(`\r\n+CMQTTSTOP: 21\r\n${ERROR}`)
    expect(bench.say('AT+CMQTTREL=0')).toBe(OK)
    expect(bench.say('AT+CMQTTREL=0')).toBe(`\r\n+CMQTTREL: 0,20\r\n${ERROR}`)
    expect(bench.say('AT+CMQTTSTOP')).toBe(`${OK}\r\n+CMQTTSTOP: 0\r\n`)
    bench.broker.check()
  })

  it('carries every byte value both ways at each QoS, in pieces where it is long', () => {
    const bench = connected()
    bench.feed('AT+CMQTTSUB=0,1,2', 'e')
    const long = EVIL.repeat(12)
    for (const [qos, payload] of [[0, EVIL], [1, EVIL], [2, long]] as const) {
      const came = publish(bench, 'e', payload, qos, 3000)
      const message = received('e', payload)
      expect(came).toContain(message)
      expect(came.replace(message, '')).toBe(`${OK}\r\n+CMQTTPUB: 0,0\r\n`)
    }
    expect(bench.taken).toEqual([EVIL, EVIL, long])
    bench.broker.publish('e', '' as Bytes)
    expect(bench.within(500)).toBe(received('e', ''))
    bench.broker.check()
  })

  it('has limits, and looks at UTF-8 where it is told to', () => {
    const bench = connected({ quirks: { mqtt: { cmqttChecks: 'all' } } })
    for (const bad of ['TOPIC=0,1025', 'PAYLOAD=0,10241', 'PAYLOAD=0,0', 'WILLTOPIC=0,1025']) expect(bench.say(`AT+CMQTT${bad}`)).toContain(`,22\r\n${ERROR}`)
    expect(bench.feed('AT+CMQTTPAYLOAD=0,1', '\xff')).toBe(`\r\n+CMQTTPAYLOAD: 0,2\r\n${ERROR}`)
    expect(bench.feed('AT+CMQTTTOPIC=0,1', '\xff')).toBe(`\r\n+CMQTTTOPIC: 0,2\r\n${ERROR}`)
    expect(bench.say('AT+CMQTTCFG="checkUTF8",0,0')).toBe(OK)
    expect(bench.feed('AT+CMQTTPAYLOAD=0,1', '\xff')).toBe(OK)
  })

  it('gives CONNACK as an error, and tells a link that cannot be opened', () => {
    const bench = new MqttBench({ family: 'a7670' })
    bench.command('AT+CMQTTSTART', '\r\n+CMQTTSTART: 0\r\n')
    bench.command('AT+CMQTTACCQ=0,"dev"')
    bench.broker.refuseNext(5)
    expect(bench.say(CONNECT)).toBe(`${OK}\r\n+CMQTTCONNECT: 0,31\r\n`)
    for (const [order, answer] of [['ok-then-result', `${OK}*`], ['result-then-error', `*${ERROR}`], ['error-then-result', `${ERROR}*`]] as const) {
      bench.modem.quirks.mqtt = { cmqttConnectError: order }
      bench.modem.radio.dns = 'fail'
      expect(bench.say(CONNECT)).toBe(answer.replace('*', '\r\n+CMQTTCONNECT: 0,25\r\n'))
      bench.modem.radio.dns = 'ok'
    }
    bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
    expect(bench.broker.link('dev')!.version).toBe(3)
  })

  it('waits for an acknowledgement as long as it is told, one at a time', () => {
    const bench = connected({}, { neverAck: (ack) => ack.kind === 'puback' })
    bench.feed('AT+CMQTTTOPIC=0,1', 't')
    expect(bench.say('AT+CMQTTPUB=0,1,5')).toBe(OK)
    bench.feed('AT+CMQTTTOPIC=0,1', 't')
    expect(bench.say('AT+CMQTTPUB=0,1,5')).toBe(`\r\n+CMQTTPUB: 0,14\r\n${ERROR}`)
    expect(bench.within(4000)).toBe('\r\n+CMQTTPUB: 0,17\r\n')
    expect(bench.say('AT+CMQTTPUB=0,0,5')).toBe(`${OK}\r\n+CMQTTPUB: 0,0\r\n`)
  })

  it('hides a refused subscription, unless the firmware does not', () => {
    const broker = { authorizeSubscribe: () => 'refuse' as const }
    for (const [cmqttSubackRefused, err] of [['ok', 0], ['failed', 1]] as const) {
      const bench = new MqttBench({ family: 'a7670', quirks: { mqtt: { cmqttSubackRefused, cmqttVersion: 4 } } }, broker)
      bench.command('AT+CMQTTSTART', '\r\n+CMQTTSTART: 0\r\n')
      bench.command('AT+CMQTTACCQ=0,"dev"')
      bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
      expect(bench.feed('AT+CMQTTSUB=0,1,1', 't')).toBe(`${OK}\r\n+CMQTTSUB: 0,${err}\r\n`)
    }
  })

  it('tells how a connection was lost, and when the network is gone', () => {
    const bench = connected()
    bench.broker.kick('dev', 'fin')
    expect(bench.within(500)).toBe('\r\n+CMQTTCONNLOST: 0,1\r\n')
    bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
    bench.broker.kick('dev', 'rst')
    expect(bench.within(500)).toBe('\r\n+CMQTTCONNLOST: 0,2\r\n')
    bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
    bench.broker.options.neverAck = (ack) => ack.kind === 'pingresp'
    expect(bench.within(90000)).toBe('\r\n+CMQTTCONNLOST: 0,1\r\n')
    bench.broker.options.neverAck = () => false
    bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
    bench.modem.losePdp()
    expect(bench.within(500)).toContain('\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n')
    expect(bench.say(CONNECT)).toBe(ERROR)
    bench.command('AT+CMQTTSTART', '\r\n+CMQTTSTART: 0\r\n')
    bench.command('AT+CMQTTACCQ=0,"dev",0')
    bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
    bench.modem.reboot()
    bench.run(20000)
    expect(bench.say(CONNECT)).toBe(ERROR)
  })

  it('opens TLS with the context that CMQTTSSLCFG names', () => {
    const bench = new MqttBench({ family: 'a7670' }, { listen: { tls: 'ok' } })
    bench.give('AT+CCERTDOWN="ca.pem",3', 'PEM', OK, '\r\n>')
    bench.command('AT+CSSLCFG="cacert",2,"ca.pem"')
    bench.command('AT+CSSLCFG="authmode",2,1')
    bench.command('AT+CMQTTSTART', '\r\n+CMQTTSTART: 0\r\n')
    bench.command('AT+CMQTTACCQ=0,"dev",1')
    bench.command('AT+CMQTTSSLCFG=0,2')
    bench.command(CONNECT, '\r\n+CMQTTCONNECT: 0,0\r\n')
  })
})
