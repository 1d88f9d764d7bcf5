import { once } from 'node:events'
import net from 'node:net'
import { Aedes } from 'aedes'
import { parser } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHostHal } from '../../hal/host/index.js'
import { runBlocking } from '../../hal/host/blocking/index.js'
import { bundlePrograms } from './bundle.js'
import { MESSAGES, sameProgram } from './same-program.js'
import type { Stats } from '../../firmware/types.js'

let aedes: Aedes
let bundle: Awaited<ReturnType<typeof bundlePrograms>>
beforeAll(async () => { [aedes, bundle] = await Promise.all([Aedes.createBroker(), bundlePrograms(['same'])]) })
afterAll(async () => {
  bundle.remove()
  await new Promise<void>(resolve => aedes.close(() => resolve()))
})

/** The packets that the one client sent to aedes, and its counters. */
async function record(program: (port: number) => Promise<Stats>): Promise<{ sent: string[]; stats: Stats }> {
  const sent: string[] = []
  const packets = parser()
  // The id in a PUBACK is one that aedes chose, at random.
  packets.on('packet', packet => sent.push(JSON.stringify(packet.cmd === 'puback' ? { cmd: packet.cmd } : packet)))
  const server = net.createServer(socket => {
    socket.on('data', (chunk: Buffer) => packets.parse(chunk))
    void aedes.handle(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const closed = once(server, 'close')
  const stats = await program((server.address() as net.AddressInfo).port)
  server.close()
  await closed
  return { sent, stats }
}

describe('one program on both kinds of the host port', () => {
  test('sends the same packets in the same order', async () => {
    const event = await record(port => new Promise(resolve => {
      sameProgram(createHostHal({ id: 'same', random: () => 0.5 }), port, resolve)
    }))
    const blocking = await record(async port => {
      let stats: unknown
      await runBlocking(bundle.files[0]!, { args: [String(port)], signals: false, onReport: value => { stats = value } })
      return stats as Stats
    })
    expect(event.stats).toMatchObject({ sent: MESSAGES / 3, delivered: MESSAGES * 2 / 3, received: MESSAGES * 2 / 3, connects: 1 })
    expect({ ...blocking.stats, longestSlice: 0 }).toEqual({ ...event.stats, longestSlice: 0 })
    expect(blocking.sent).toEqual(event.sent)
    // CONNECT, SUBSCRIBE, every PUBLISH, the PUBACK of one echo in three, a PUBREL for one in three, DISCONNECT.
    expect(event.sent).toHaveLength(2 + MESSAGES + MESSAGES / 3 + MESSAGES / 3 + 1)
  })
})
