import mqttPacket, { type Packet } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bytes, Socket } from '../../hal/hal.js'
import { createSim, type Sim } from '../../hal/sim/index.js'
import { ScriptedBroker, toBuffer, toBytes, type BrokerOptions } from './broker.js'
import { observe, type Observer } from './clients.js'
import { until } from './until.js'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const fn of cleanups.splice(0).reverse()) await fn()
})

async function served(options: BrokerOptions = {}): Promise<{ broker: ScriptedBroker; port: number }> {
  const broker = new ScriptedBroker(options)
  const { port, stop } = await broker.serve()
  cleanups.push(stop)
  return { broker, port }
}

async function client(port: number, options: Parameters<typeof observe>[1] = {}): Promise<Observer> {
  const observer = await observe(port, { reconnectPeriod: 0, ...options })
  cleanups.push(async () => {
    observer.client.end(true)
  })
  return observer
}

/** A raw client in the simulator, speaking mqtt-packet. */
function raw(options: BrokerOptions = {}, version = 4): { sim: Sim; broker: ScriptedBroker; socket: Socket; say: (packet: Packet) => void; heard: () => Packet[] } {
  const sim = createSim()
  const broker = new ScriptedBroker(options)
  broker.listen(sim)
  const socket = sim.hal.socket.open({ host: 'broker', port: 1883 })
  sim.settle()
  const packets: Packet[] = []
  const parser = mqttPacket.parser({ protocolVersion: version })
  parser.on('packet', (packet) => packets.push(packet))
  return {
    sim, broker, socket,
    say: (packet) => {
      const bytes = toBytes(mqttPacket.generate(packet, { protocolVersion: version }))
      expect(socket.write(bytes)).toBe(bytes.length)
      sim.settle()
      parser.parse(toBuffer(socket.read(100000)))
    },
    heard: () => packets.splice(0)
  }
}

const CONNECT: Packet = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'raw', clean: true, keepalive: 60 }

describe.each([3, 4, 5] as const)('the test broker with MQTT.js, protocol version %i', (version) => {
  const protocol = { protocolVersion: version, ...(version === 3 ? { protocolId: 'MQIsdp' as const } : {}) }

  it.each([0, 1, 2] as const)('brings QoS %i both ways', async (qos) => {
    const { broker, port } = await served()
    const a = await client(port, protocol)
    await a.subscribe('t/+', qos)
    await a.publish('t/x', 'hello \xff', { qos })
    expect((await a.message('t/x')).payload).toBe('hello \xff')
    await until(() => [...broker.sessions.values()].every((session) => session.outgoing.length === 0), 2000, 'all acks')
    expect(broker.messages).toHaveLength(1)
    expect(broker.violations).toEqual([])
  })

  it('keeps retained messages, and removes one by an empty payload', async () => {
    const { port } = await served()
    const a = await client(port, protocol)
    await a.publish('r/1', 'one', { qos: 1, retain: true })
    await a.publish('r/2', 'two', { qos: 1, retain: true })
    await a.publish('r/2', '', { qos: 1, retain: true })
    await a.subscribe('r/#')
    const seen = await a.message('r/1')
    await a.fence()
    expect([seen.payload, seen.retain, a.payloads('r/2')]).toEqual(['one', true, []])
  })

  it('keeps a session with clean off and brings what came meanwhile', async () => {
    const { broker, port } = await served()
    const options = { ...protocol, clientId: 'sleeper', clean: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}) }
    const a = await client(port, options)
    await a.subscribe('q/1', 1)
    await a.end()
    await until(() => broker.client('sleeper') === undefined, 2000, 'the end of the first connection')
    broker.publish('q/1', 'kept', { qos: 1 })
    broker.publish('q/1', 'lost', { qos: 0 })
    const b = await client(port, options)
    await b.message('q/1')
    await b.fence()
    expect(b.payloads('q/1')).toEqual(['kept'])
  })

  it('publishes the will when the connection breaks, and not after DISCONNECT', async () => {
    const { port } = await served()
    const watcher = await client(port, protocol)
    await watcher.subscribe('will/#')
    const will = (topic: string) => ({ topic, payload: Buffer.from('gone'), qos: 1 as const, retain: false })
    const a = await client(port, { ...protocol, will: will('will/a') })
    const b = await client(port, { ...protocol, will: will('will/b') })
    await b.end()
    a.client.stream.destroy()
    expect((await watcher.message('will/a')).payload).toBe('gone')
    await watcher.fence()
    expect(watcher.payloads('will/b')).toEqual([])
  })
})

describe('the test broker in the simulator', () => {
  it('answers by itself and lets a test look at packet after packet', () => {
    const { broker, say, heard } = raw()
    say(CONNECT)
    say({ cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: 'a', qos: 2 }] })
    say({ cmd: 'pingreq' })
    expect(heard().map((packet) => packet.cmd)).toEqual(['connack', 'suback', 'pingresp'])
    expect(broker.peer.expectPacket('connect').clientId).toBe('raw')
    expect(broker.peer.expectPacket('subscribe').messageId).toBe(7)
    expect(() => broker.peer.expectPacket('publish')).toThrow('expected publish and got pingreq')
    expect(() => broker.peer.expectNothing()).toThrow('got pingreq')
    broker.peer.skip()
    broker.peer.expectNothing()
    expect(() => broker.peer.expectPacket('publish')).toThrow('no further packet came')
  })

  it('leaves a packet alone when a test takes it, until the test gives it back', () => {
    const { broker, say, heard } = raw()
    say(CONNECT)
    heard()
    const back = broker.on('pingreq', () => true)
    say({ cmd: 'pingreq' })
    expect(heard()).toEqual([])
    back()
    say({ cmd: 'pingreq' })
    expect(heard().map((packet) => packet.cmd)).toEqual(['pingresp'])
  })

  it('accepts a CONNECT with changed words', () => {
    const { broker, say, heard } = raw({ properties: { receiveMaximum: 3 } }, 5)
    broker.on('connect', (_, peer) => {
      broker.welcome(peer, { sessionPresent: true, properties: { serverKeepAlive: 9 } })
      return true
    })
    say({ ...CONNECT, protocolVersion: 5 } as Packet)
    expect(heard()[0]).toMatchObject({ cmd: 'connack', sessionPresent: true, reasonCode: 0, properties: { receiveMaximum: 3, serverKeepAlive: 9 } })
  })

  it('closes a client that is silent for 1.5 x keepalive, and names it', () => {
    const { sim, broker, socket, say } = raw()
    say(CONNECT)
    sim.run(89900)
    expect(socket.status()).toBe(1)
    sim.run(200)
    expect(socket.status()).toBe(-60)
    expect(broker.violations[0]).toContain('under a keepalive of 60 s')
  })

  it('resends with DUP what was in flight, and PUBREL where PUBREC had come', () => {
    const sim = createSim()
    const broker = new ScriptedBroker()
    broker.listen(sim)
    const talk = (packets: Packet[]): Packet[] => {
      const socket = sim.hal.socket.open({ host: 'broker', port: 1883 })
      sim.settle()
      for (const packet of packets) socket.write(toBytes(mqttPacket.generate(packet)))
      sim.settle()
      const heard: Packet[] = []
      const parser = mqttPacket.parser({ protocolVersion: 4 })
      parser.on('packet', (packet) => heard.push(packet))
      for (let bytes: Bytes = socket.read(9999); bytes.length > 0; bytes = socket.read(9999)) parser.parse(toBuffer(bytes))
      socket.close()
      sim.settle()
      return heard
    }
    const connect = { ...CONNECT, clean: false } as Packet
    talk([connect, { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 2 }] }])
    broker.publish('a', 'one', { qos: 1 })
    broker.publish('a', 'two', { qos: 2 })
    const first = talk([connect])
    expect(first.map((packet) => [packet.cmd, packet.messageId, 'dup' in packet && packet.dup])).toEqual([['connack', undefined, false], ['publish', 1, false], ['publish', 2, false]])
    const second = talk([connect, { cmd: 'pubrec', messageId: 2 }])
    expect(second.slice(1).map((packet) => [packet.cmd, 'dup' in packet && packet.dup])).toEqual([['publish', true], ['publish', true], ['pubrel', false]])
    expect(talk([connect]).slice(1).map((packet) => packet.cmd)).toEqual(['publish', 'pubrel'])
    expect(broker.violations).toEqual([])
  })

  it.each<[string, Packet[]]>([
    ['a second CONNECT', [CONNECT, CONNECT]],
    ['pingreq before CONNECT', [{ cmd: 'pingreq' }]],
    ['published again on one connection before its ack', [
      CONNECT, { cmd: 'publish', topic: 'a', payload: '', qos: 2, messageId: 1, dup: false, retain: false },
      { cmd: 'publish', topic: 'a', payload: '', qos: 2, messageId: 1, dup: false, retain: false }
    ]],
    ['DUP on packet id 4 although the session is new', [CONNECT, { cmd: 'publish', topic: 'a', payload: '', qos: 1, messageId: 4, dup: true, retain: false }]],
    ['puback 9, where nothing is in flight', [CONNECT, { cmd: 'puback', messageId: 9 }]]
  ])('names what the client does wrong: %s', (what, packets) => {
    const { broker, say } = raw()
    for (const packet of packets) say(packet)
    expect(broker.violations[0]).toContain(what)
  })

  it('takes over: closes the older connection, with the will when clean is on and without when it is off', () => {
    for (const clean of [true, false]) {
      const sim = createSim()
      const broker = new ScriptedBroker()
      broker.listen(sim)
      const connect = (): Socket => {
        const socket = sim.hal.socket.open({ host: 'broker', port: 1883 })
        sim.settle()
        socket.write(toBytes(mqttPacket.generate({ ...CONNECT, clean, will: { topic: 'w', payload: 'gone', qos: 0, retain: true } } as Packet)))
        sim.settle()
        return socket
      }
      const first = connect()
      connect()
      first.read(100)
      expect(first.status()).toBe(-60)
      expect(broker.retained.has('w')).toBe(clean)
    }
  })
})
