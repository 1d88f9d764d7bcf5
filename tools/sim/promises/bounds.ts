/** No limit is ever passed (docs/limits.md). */
import { checkMarks, memoryContract } from '../../contract/contract.js'
import { levelsOf } from '../levels.js'
import type { Stats } from '../../../firmware/types.js'
import type { SimPromise } from './promise.js'

function limitsBound(): Pick<SimPromise, 'name' | 'sentence'> {
  return {
    name: 'limits-kept',
    sentence: 'Outbox, unfinished publishes, receive cache, subscriptions, receive set, receipts to be told, transmit buffer and half-received packets stay within their limits at every step.'
  }
}

/** Bytes that may wait in the transmit buffer before reading stops, and acks behind a message in pieces: slice.ts. */
const BACKLOG = 4096
const ACKS = 256
const ACK_BYTES = 8

export const limitsKept: SimPromise = {
  ...limitsBound(),
  watch: (world, name) => {
    const over = (what: string, value: number, limit: number): void => {
      if (value > limit) world.fail(name, `${what}: ${value}, the limit is ${limit}`)
    }
    const look = (): void => {
      const s = levelsOf(world)
      const { held } = s
      const stats = world.client.stats()
      over('outbox count', stats.outboxCount, s.outboxCount)
      over('outbox bytes', stats.outboxBytes, s.outboxBytes)
      // Of what a journal brings back more may have an id than the window holds; it goes out as the window allows.
      over('unfinished publishes', stats.inflight, Math.max(s.inflight, stats.journalRestored ?? 0))
      if (stats.outboxCount < 0 || stats.outboxBytes < 0 || stats.inflight < 0) world.fail(name, `a count below 0: outbox ${stats.outboxCount} messages, ${stats.outboxBytes} bytes, in flight ${stats.inflight}`)
      over('receipts to be told', held.receipts, s.outboxCount * 2)
      if (s.inboxCount > 0) {
        over('cached messages', held.cached, s.inboxCount)
        // A topic that came by alias is longer than its packet said.
        over('cached bytes', held.cachedBytes, s.inboxBytes + (s.version === 5 ? 64 : 0))
      }
      over('acks withheld', held.withheld, s.inboxCount + ACKS + 1)
      over('subscriptions', held.filters, s.subscriptions * 2)
      over('receive set', held.receiveSet, 64)
      const buffer = world.sim.network.conditions().sendBuffer
      over('bytes to transmit', held.transmit, Math.max(BACKLOG, buffer) + 2 * s.packetOut + s.slicePackets * ACK_BYTES + ACKS * ACK_BYTES + held.filters * 40)
      over('bytes of half-received packets', held.halfReceived, s.packetIn + 64)
    }
    return { slice: look, step: look }
  }
}

export const marksKept: SimPromise = {
  name: 'marks-kept',
  sentence: 'No high-water mark of stats() passes what the memory contract of the options allows, in the profiles that have marks.',
  watch: (world, name) => {
    const contract = memoryContract(world.script.client, world.script.features)
    const marks = Object.entries(contract.marks) as [keyof typeof contract.marks, number][]
    return {
      step: () => {
        const stats = world.client.stats()
        if (marks.every(([mark, most]) => !(stats[mark] > most))) return
        for (const passed of checkMarks(world.client.stats(), contract)) world.fail(name, passed)
      }
    }
  }
}

export const packetSizes: SimPromise = {
  name: 'packet-sizes',
  sentence: 'No packet is sent that is larger than limits.packetOut (messages in pieces aside) or than what the server takes.',
  watch: (world, name) => ({
    out: (frame) => {
      const { client, server } = world.script
      const own = client.limits?.packetOut ?? 1024
      if (frame.size > own && !frame.label.startsWith('s')) world.fail(name, `${frame.name} of ${frame.size} bytes, limits.packetOut is ${own}`)
      // One that lies may announce another maximum than it has.
      const theirs = client.protocolVersion === 5 && world.script.profile !== 'dishonest' ? server.maximumPacketSize : undefined
      if (theirs !== undefined && frame.size > theirs && frame.name !== 'CONNECT') world.fail(name, `${frame.name} of ${frame.size} bytes, the server takes ${theirs}`)
    }
  })
}

export const sliceBounds: SimPromise = {
  name: 'slice-bound',
  sentence: 'A slice reads at most limits.sliceBytes bytes and handles at most limits.slicePackets packets.',
  watch: (world, name) => {
    let packets = 0
    return {
      slice: () => {
        const s = levelsOf(world)
        if (world.readInSlice > s.sliceBytes) world.fail(name, `a slice read ${world.readInSlice} bytes, limits.sliceBytes is ${s.sliceBytes}`)
        // The build tiny does not count packets; there it is bounded by the bytes.
        const { packetsIn } = world.client.stats() as Partial<Stats>
        if (packetsIn === undefined) return
        const handled = packetsIn - packets
        packets = packetsIn
        if (handled > s.slicePackets) world.fail(name, `a slice handled ${handled} packets, limits.slicePackets is ${s.slicePackets}`)
      },
      reboot: () => { packets = 0 }
    }
  }
}
