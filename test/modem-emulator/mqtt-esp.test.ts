import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { BROKER, BROKER_PORT, EVIL, MqttBench } from './mqtt-bench.js'

const OK = '\r\nOK\r\n'
const ERROR = '\r\nERROR\r\n'
const CONNECT = `AT+MQTTCONN=0,"${BROKER}",${BROKER_PORT},0`
const UP = `+MQTTCONNECTED:0,1,"${BROKER}","${BROKER_PORT}","",0\r\n`

function joined(options: Partial<ModemOptions> = {}, broker: Partial<ModelBrokerOptions> = {}): MqttBench {
  const bench = new MqttBench({ family: 'esp', ...options }, broker)
  bench.command('AT+CWMODE=1')
  bench.command('AT+CWJAP="home","secret"')
  return bench
}

function connected(options: Partial<ModemOptions> = {}, broker: Partial<ModelBrokerOptions> = {}): MqttBench {
  const bench = joined(options, broker)
  bench.command('AT+MQTTUSERCFG=0,1,"dev","","",0,0,""')
  bench.command(CONNECT)
  return bench
}

describe('ESP-AT MQTT', () => {
  it('answers each command when the broker did', () => {
    const bench = joined()
    expect(bench.say('AT+MQTTCONN?')).toBe(`+MQTTCONN:0,0,0,"","","",0\r\n${OK}`)
    expect(bench.say(CONNECT)).toBe(ERROR)
    bench.command('AT+SYSLOG=1')
    expect(bench.say(CONNECT)).toBe(`ERR CODE:0x00006001\r\n${ERROR}`)
    expect(bench.say('AT+MQTTUSERCFG=0,1,"dev","us\\"er","",0,0,""')).toBe(OK)
    expect(bench.feed('AT+MQTTLONGPASSWORD=0,300', 'p'.repeat(300))).toBe(OK)
    expect(bench.say('AT+MQTTCONNCFG=0,0,1,"gone","le,ft",1,0')).toBe(OK)
    expect(bench.say(CONNECT)).toBe(`${UP}${OK}`)
    expect(bench.say(CONNECT)).toBe(`ERR CODE:0x00006004\r\n${ERROR}`)
    const asked = bench.broker.link('dev')!.connect!
    expect(asked).toMatchObject({ username: 'us"er', clean: false, keepalive: 120, protocolVersion: 4 })
    expect(asked.password!.toString()).toBe('p'.repeat(300))
    expect(asked.will!.payload.toString()).toBe('le,ft')
    expect(bench.say('AT+MQTTCONN?')).toBe(`+MQTTCONN:0,5,1,"${BROKER}","${BROKER_PORT}","",0\r\n${OK}`)
    expect(bench.say('AT+MQTTSUB=0,"a/#",2')).toBe(OK)
    expect(bench.say('AT+MQTTSUB=0,"a/#",2')).toBe(`ALREADY SUBSCRIBE\r\n${OK}`)
    expect(bench.say('AT+MQTTSUB?')).toBe(`+MQTTSUB:0,6,"a/#",2\r\n${OK}`)
    expect(bench.say('AT+MQTTUNSUB=0,"a/#"')).toBe(OK)
    expect(bench.say('AT+MQTTUNSUB=0,"a/#"')).toBe(`NO UNSUBSCRIBE\r\n${OK}`)
    for (const qos of [0, 1, 2]) expect(bench.say(`AT+MQTTPUB=0,"t","{\\"q\\":${qos}\\,\\\\}",${qos},0`)).toBe(OK)
    expect(bench.taken).toEqual([0, 1, 2].map((qos) => `{"q":${qos},\\}`))
    expect(bench.say('AT+MQTTPUB=0,"t","",0,1')).toBe(OK)
    expect(bench.say('AT+MQTTCLEAN=0')).toBe(OK)
    expect(bench.broker.oracle.ends.items.map((one) => one.how)).toEqual(['disconnect'])
    expect(bench.say('AT+MQTTCLEAN=0')).toBe(`ERR CODE:0x00006003\r\n${ERROR}`)
    expect(bench.say('AT+MQTTPUB=0,"t","x",0,0')).toBe(`ERR CODE:0x00006001\r\n${ERROR}`)
    bench.broker.check()
  })

  it('carries every byte value both ways at each QoS, in pieces where it is long', () => {
    const bench = connected()
    bench.command('AT+MQTTSUB=0,"e",2')
    const long = EVIL.repeat(5)
    for (const [qos, payload] of [[0, EVIL], [1, EVIL], [2, long]] as const) {
      const came = bench.feed(`AT+MQTTPUBRAW=0,"e",${payload.length},${qos},0`, payload)
      let message = ''
      for (let at = 0; at < payload.length; at += 1024) message += `+MQTTSUBRECV:0,"e",${Math.min(1024, payload.length - at)},${payload.substring(at, at + 1024)}\r\n`
      expect(came).toContain(message)
      expect(came.replace(message, '')).toBe('+MQTTPUB:OK\r\n')
    }
    expect(bench.taken).toEqual([EVIL, EVIL, long])
    bench.broker.publish('e', '' as Bytes)
    expect(bench.within(500)).toBe('+MQTTSUBRECV:0,"e",0,\r\n')
    bench.broker.check()
  })

  it('has limits', () => {
    const bench = connected()
    expect(bench.say('AT+MQTTPUBRAW=0,"t",0,0,0')).toBe(ERROR)
    expect(bench.say(`AT+MQTTSUB=0,"${'t'.repeat(129)}",0`)).toBe(ERROR)
    for (let i = 0; i < 10; i++) expect(bench.say(`AT+MQTTSUB=0,"${i}",0`, 200)).toBe(OK)
    expect(bench.say('AT+MQTTSUB=0,"10",0')).toBe(ERROR)
    bench.command('AT+MQTTCLEAN=0')
    expect(bench.say(`AT+MQTTUSERCFG=0,1,"dev","${'u'.repeat(65)}","",0,0,""`)).toBe(ERROR)
    expect(bench.say('AT+MQTTUSERCFG=0,6,"dev","","",0,0,""')).toBe(ERROR)
    expect(bench.say('AT+MQTTUSERCFG=0,1,"dev","",""')).toBe(ERROR)
  })

  it('says ERROR where the broker refuses, and wants MQTTCLEAN before another attempt', () => {
    const bench = joined({}, { authorizeSubscribe: () => 'refuse' })
    bench.broker.refuseNext(5)
    bench.command('AT+MQTTUSERCFG=0,1,"dev","","",0,0,""')
    expect(bench.say(CONNECT)).toBe(`+MQTTDISCONNECTED:0\r\n${ERROR}`)
    expect(bench.say(CONNECT)).toBe(ERROR)
    bench.command('AT+MQTTCLEAN=0')
    bench.command('AT+MQTTUSERCFG=0,1,"dev","","",0,0,""')
    expect(bench.say('AT+MQTTCONN=0,"nobody.test",1,0', 5000)).toBe(ERROR)
    bench.command('AT+MQTTCLEAN=0')
    bench.command('AT+MQTTUSERCFG=0,1,"dev","","",0,0,""')
    expect(bench.say(CONNECT)).toBe(`${UP}${OK}`)
    expect(bench.say('AT+MQTTSUB=0,"t",1')).toBe(ERROR)
  })

  it('is busy until the broker answers, and gives up after 10 s', () => {
    const bench = connected({}, { neverAck: (ack) => ack.kind === 'puback' })
    bench.type('AT+MQTTPUB=0,"t","x",1,0\r\n')
    bench.run(500)
    bench.type('AT\r\n')
    expect(bench.within(500)).toBe('\r\nbusy p...\r\n')
    expect(bench.expect(ERROR)).toBe(ERROR)
    expect(bench.feed('AT+MQTTPUBRAW=0,"t",1,1,0', 'x', 11000)).toBe('+MQTTPUB:FAIL\r\n')
    expect(bench.taken.length).toBe(2)
  })

  it('says that the connection is gone, and connects again by itself where it is to', () => {
    const bench = connected()
    bench.broker.kick('dev', 'fin')
    expect(bench.within(15000)).toBe('+MQTTDISCONNECTED:0\r\n')
    expect(bench.say('AT+MQTTCONN?')).toContain('+MQTTCONN:0,3,')
    expect(bench.say(CONNECT)).toBe(ERROR)
    bench.command('AT+MQTTCLEAN=0')
    bench.command('AT+MQTTUSERCFG=0,1,"dev","","",0,0,""')
    for (const espResubscribes of [false, true]) {
      bench.modem.quirks.mqtt = { espResubscribes }
      if (!espResubscribes) bench.command(`AT+MQTTCONN=0,"${BROKER}",${BROKER_PORT},1`)
      bench.command('AT+MQTTSUB=0,"t",0')
      bench.broker.kick('dev', 'rst')
      expect(bench.within(15000)).toBe(`+MQTTDISCONNECTED:0\r\n${UP.replace(',0\r', ',1\r')}`)
      expect(bench.broker.session('dev')!.subscriptions.length).toBe(espResubscribes ? 1 : 0)
    }
    bench.modem.losePdp()
    expect(bench.within(500)).toBe('+MQTTDISCONNECTED:0\r\nWIFI DISCONNECT\r\n')
    bench.modem.reboot()
    bench.run(5000)
    expect(bench.say('AT+MQTTCONN?')).toContain('+MQTTCONN:0,0,')
    bench.broker.check()
  })

  it('opens TLS by its scheme', () => {
    const bench = joined({}, { listen: { tls: 'ok' } })
    const config = (scheme: number): string => bench.command(`AT+MQTTUSERCFG=0,${scheme},"dev","","",0,0,""`)
    config(3)
    expect(bench.say(CONNECT)).toBe(ERROR)
    bench.command('AT+MQTTCLEAN=0')
    config(2)
    bench.command('AT+MQTTALPN=0,2,"mqtt","x-amzn"')
    bench.command('AT+MQTTSNI=0,"name.test"')
    expect(bench.say('AT+MQTTALPN=0,2,"mqtt"')).toBe(ERROR)
    expect(bench.say(CONNECT)).toBe(`${UP.replace(':0,1', ':0,2')}${OK}`)
  })
})
