/** What the model broker reads and writes without mqtt-packet is what mqtt-packet reads and writes. */
import mqtt, { type Packet } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { encode, isShort, shortPacket } from '../../hal/sim/broker/wire.js'
import type { Bytes } from '../../hal/hal.js'

const KINDS = ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const
const IDS = [1, 127, 255, 256, 4660, 65535]

function parsed(raw: string, protocolVersion: number): Packet | undefined {
  const parser = mqtt.parser({ protocolVersion })
  let found: Packet | undefined
  parser.on('packet', (packet) => { found = packet })
  parser.on('error', () => undefined)
  parser.parse(Buffer.from(raw, 'latin1'))
  return found
}

describe('short packets of the model broker', () => {
  it.each([3, 4, 5] as const)('are written as mqtt-packet writes them, version %i', (version) => {
    for (const cmd of KINDS) {
      for (const messageId of IDS) {
        const packet: Packet = { cmd, messageId, reasonCode: 0 }
        expect(isShort(packet, version)).toBe(true)
        expect(Buffer.from(encode(packet, version), 'latin1')).toEqual(mqtt.generate(packet, { protocolVersion: version }))
      }
    }
    expect(isShort({ cmd: 'puback', messageId: 1, reasonCode: 0x10 }, 5)).toBe(false)
    expect(isShort({ cmd: 'puback', messageId: 1, reasonCode: 0, properties: { reasonString: 'x' } }, 5)).toBe(false)
    expect(isShort({ cmd: 'pingresp' }, version)).toBe(false)
  })

  it.each([3, 4, 5] as const)('are read as mqtt-packet reads them, and nothing else is, version %i', (version) => {
    let read = 0
    for (let head = 0; head < 256; head++) {
      for (const rest of ['\x00', '\x02\x00\x00', '\x02\x00\x01', '\x02\x12\x34', '\x02\xff\xff', '\x03\x00\x01\x00']) {
        const raw = (String.fromCharCode(head) + rest) as Bytes
        const short = shortPacket(raw)
        if (short === undefined) continue
        read += 1
        const { cmd, messageId, length } = parsed(raw, version)!
        expect({ cmd: short.cmd, messageId: short.messageId, length: short.length }).toEqual({ cmd, messageId, length })
      }
    }
    expect(read).toBe(4 * 4 + 1)
  })
})
