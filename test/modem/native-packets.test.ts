/** The server's side of MQTT that stands before a module: however the core's bytes are cut, the module is asked for the same. */
import fc from 'fast-check'
import { generate, parser, type Packet as MqttPacket } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { b1, cat, cut, EMPTY, type Bytes } from '../../firmware/bytes.js'
import { escapeText, isEscapable } from '../../hal/at/native-escape.js'
import { ack, bodyAt, connack, packetLength, pingresp, publishPacket, readConnect, suback } from '../../hal/at/native-packets.js'
import { createFound, match } from '../../hal/at/match.js'
import { air780 } from '../../hal/at/air7xx.js'
import { air780Native } from '../../hal/at/native-air7xx.js'
import { nativeModem } from '../../hal/at/native.js'
import { createSim } from '../../hal/sim/index.js'
import { ModelBroker } from '../../hal/sim/broker/index.js'
import { ModemEmulator } from '../../hal/sim/modem/index.js'
import { HOST, PORT } from './native-bench.js'

const latin = (packet: Parameters<typeof generate>[0]): Bytes => generate(packet).toString('latin1') as Bytes

function decoded(bytes: Bytes): MqttPacket[] {
  const packets: MqttPacket[] = []
  const p = parser({ protocolVersion: 4 })
  p.on('packet', (one) => packets.push(one))
  p.on('error', (error) => { throw error })
  p.parse(Buffer.from(bytes, 'latin1'))
  return packets
}

const text = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'abc/XYZ 019-_') })
const bytes = fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all))

describe('the packets that the core writes', () => {
  it('CONNECT is read as mqtt-packet wrote it', () => {
    fc.assert(fc.property(text, fc.boolean(), fc.integer({ min: 0, max: 65535 }), fc.option(text), fc.option(bytes), fc.option(fc.tuple(text, bytes, fc.integer({ min: 0, max: 2 }), fc.boolean())), fc.constantFrom(3, 4), (clientId, clean, keepalive, username, password, will, version) => {
      const packet = latin({
        cmd: 'connect', protocolId: version === 3 ? 'MQIsdp' : 'MQTT', protocolVersion: version as 3 | 4, clientId, clean, keepalive,
        ...username === null ? {} : { username, ...password === null ? {} : { password } },
        ...will === null ? {} : { will: { topic: will[0], payload: will[1], qos: will[2] as 0 | 1 | 2, retain: will[3] } }
      })
      expect(packetLength(packet)).toBe(packet.length)
      const read = readConnect(packet)
      expect(read).toEqual({
        version_: version, isClean_: clean, keepalive_: keepalive, clientId_: clientId, username_: username ?? undefined,
        password_: username === null || password === null ? '' : password.toString('latin1'),
        willTopic_: will === null ? undefined : will[0], willPayload_: will === null ? '' : will[1].toString('latin1'), willQos_: will === null ? 0 : will[2], isWillRetained_: will !== null && will[3]
      })
    }))
  })

  it('lengths of one to four bytes are told, and no packet before it is whole', () => {
    for (const length of [0, 1, 127, 128, 16383, 16384, 70000, 2097152]) {
      const packet = latin({ cmd: 'publish', topic: 't', payload: Buffer.alloc(length), qos: 0, retain: false, dup: false })
      expect(packetLength(packet)).toBe(packet.length)
      expect(packetLength(cat(packet, 'x' as Bytes))).toBe(packet.length)
      for (const n of [0, 1, bodyAt(packet) - 1, bodyAt(packet), packet.length - 1]) expect(packetLength(cut(packet, 0, n))).toBe(0)
    }
  })
})

describe('what a server would answer', () => {
  it('is read by mqtt-packet as it was meant', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 65535 }), fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 200 }), text, bytes, (id, codes, topic, payload) => {
      let all = EMPTY
      for (const code of codes) all = cat(all, b1(code))
      const packets = decoded(cat(connack(5), ack(0x40, id), suback(id, all), ack(0xb0, id), pingresp(), publishPacket(topic as Bytes, payload.toString('latin1') as Bytes)))
      expect(packets.map((one) => one.cmd)).toEqual(['connack', 'puback', 'suback', 'unsuback', 'pingresp', 'publish'])
      expect(packets[0]).toMatchObject({ returnCode: 5, sessionPresent: false })
      expect(packets[1]).toMatchObject({ messageId: id })
      expect(packets[2]).toMatchObject({ messageId: id, granted: codes })
      expect(packets[3]).toMatchObject({ messageId: id })
      expect(packets[5]).toMatchObject({ topic, payload, qos: 0, retain: false, dup: false })
    }))
  })
})

describe('a socket to a module', () => {
  const packets = [
    latin({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'raw', clean: true, keepalive: 60 }),
    latin({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 0 }, { topic: 'b/#', qos: 1 }, { topic: 'c', qos: 1 }] }),
    latin({ cmd: 'publish', topic: 'x', payload: 'one', qos: 0, retain: false, dup: false }),
    latin({ cmd: 'publish', topic: 'x', payload: 'two', qos: 1, retain: true, dup: true, messageId: 7 }),
    latin({ cmd: 'puback', messageId: 9 }),
    latin({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a', 'c'] }),
    latin({ cmd: 'pingreq' }),
    latin({ cmd: 'disconnect' })
  ]

  /** The commands after the bring-up, and what the socket read, when `all` is written in pieces of such sizes. */
  function run(sizes: number[]): { commands: string[]; read: string } {
    const sim = createSim({ seed: 1, id: 'device', waits: false })
    new ModelBroker(sim, { host: HOST, port: PORT })
    const modem = new ModemEmulator(sim.addDevice({ waits: false, sockets: 16 }).hal, { family: 'air780', registerMs: 0 })
    const hal = nativeModem(sim.hal, modem.serial(), air780, air780Native, { signalEvery: 0 })
    const socket = hal.socket.open({ host: HOST, port: PORT })
    sim.until(() => socket.status() > 0, 60000, 'the socket')
    const from = modem.transcript.length
    const all = packets.join('') as Bytes
    let read = ''
    let i = 0
    let piece = 0
    while (i < all.length) {
      const size = sizes.length > 0 ? sizes[piece % sizes.length]! : all.length
      piece += 1
      i += socket.write(cut(all, i, i + size))
      if (sizes.length > 0) sim.run(3)
    }
    for (let n = 0; n < 100; n += 1) {
      sim.run(100)
      read += socket.read(1000)
    }
    expect(socket.status()).toBeLessThan(0)
    const commands = modem.transcript.slice(from).filter((one) => one.from === 'host').map((one) => one.bytes)
    return { commands, read }
  }

  it('has the same done by the module, and reads the same, however its bytes are cut', () => {
    const whole = run([])
    expect(decoded(whole.read as Bytes).map((one) => `${one.cmd} ${one.messageId ?? ''}`)).toEqual(['connack ', 'suback 1', 'puback 7', 'unsuback 2', 'pingresp '])
    expect(whole.commands.filter((one) => /MSUB|MUNSUB|MPUB|STATU|MDIS/.test(one))).toEqual([
      'AT+MSUB="a",0\r\n', 'AT+MSUB="b/#",1\r\n', 'AT+MSUB="c",1\r\n', 'AT+MPUBEX="x",0,0,3\r\n', 'AT+MPUBEX="x",1,1,3\r\n',
      'AT+MUNSUB="a"\r\n', 'AT+MUNSUB="c"\r\n', 'AT+MQTTSTATU\r\n', 'AT+MDISCONNECT\r\n'
    ])
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      expect(run(sizes)).toEqual(whole)
    }), { numRuns: 25 })
    expect(run([1])).toEqual(whole)
  })
})

describe('escapes of openLuat\'s texts', () => {
  const unescape = (line: string): string => line.replace(/\\([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))

  it('[S0-15] decode(encode(x)) is x for all bytes but the three that end or change a command line, which are refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (all) => {
      const payload = Buffer.from(all).toString('latin1') as Bytes
      expect(isEscapable(payload)).toBe(![0, 8, 26].some((one) => all.includes(one)))
      const line = escapeText(payload)
      expect(line).not.toMatch(/["\r\n]/)
      expect(line.length).toBeLessThanOrEqual(3 * payload.length)
      expect(unescape(line)).toBe(payload)
    }), { numRuns: 1000 })
    expect(escapeText('{"a":"\\22"}\r\n' as Bytes)).toBe('{\\22a\\22:\\22\\5C22\\22}\\0D\\0A')
  })
})

describe('the lines that bring messages', () => {
  const found = createFound()
  const heads = air780Native.heads

  /** Topic, length and bytes of the head, by the first pattern that matches. */
  function head(line: string): [string, number, number] | undefined {
    for (let i = 0; i < heads.length; i += 2) {
      const used = match(heads[i] as Bytes, line as Bytes, found)
      if (used >= 0) return [found.t, found.l, used]
    }
    return undefined
  }

  it('are taken in every spelling that was seen: pushed in quotes, fetched without', () => {
    expect(head('+MSUB: "t",20 byte,')).toEqual(['t', 20, 19])
    expect(head('+MSUB: t,9 byte,abc')).toEqual(['t', 9, 16])
    expect(head('+MSUB:mqtt/sub_topic,6 byte,')).toEqual(['mqtt/sub_topic', 6, 28])
    expect(head('+MSUB: "a,5,"b",7",3 byte,')).toEqual(['a,5,"b",7', 3, 26])
    expect(head('+MSUB: a,5,b,3 byte,x,9 byte,')).toEqual(['a,5,b', 3, 20])
    expect(head('+MSUB: "t",20 byt')).toBeUndefined()
    expect(head('+MSUB: 0')).toBeUndefined()
  })
})
