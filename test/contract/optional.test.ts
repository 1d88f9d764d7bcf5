/** What the journal, the recorder and the learned keepalive hold, and what a journal of larger limits brings back. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { recording } from '../../firmware/recording.js'
import type { Bytes, Options } from '../../firmware/types.js'
import { checkMarks, memoryContract, type Contract } from '../../tools/contract/contract.js'
import { World } from '../journal/support.js'
import { checkCore } from '../support/invariants.js'
import { simClient } from '../support/harness.js'

const part = (contract: Contract, name: string): number => {
  const found = contract.parts.find((one) => one.part === name)
  if (found === undefined) throw new Error(`no part ${name}`)
  return found.bytes
}
const names = (options: Partial<Options>): string[] => memoryContract(options, 'full').parts.map((one) => one.part)

/** Of docs/memory.md: the parts that this adds. */
const TABLE = { journal: true, recorder: 1024, learnKeepalive: true }

describe('the memory contract', () => {
  it('has the table of its page', () => {
    const less = names({})
    const { parts } = memoryContract(TABLE, 'full')
    const rows = parts.filter((one) => !less.includes(one.part)).map((one) => `| ${one.part} | ${one.by} | ${one.count} | ${one.bytes} | ${Object.values(one.memory).join(' | ')} |`)
    const page = readFileSync('docs/memory.md', 'utf8').split('\n')
    expect(page).toContain(`\`${JSON.stringify(TABLE)}\``)
    expect(page.filter((line) => /^\| (journal|recorder|learned)/.test(line))).toEqual(rows)
  })

  it('counts journal, recorder and learned keepalive when they are on, and only then', () => {
    const less = names({})
    const added = (options: Partial<Options>): string[] => names(options).filter((name) => !less.includes(name))
    expect(added({ journal: true })).toEqual(['journal', 'journal: value being built or read'])
    expect(added({ journal: 'own' })).toHaveLength(2)
    expect(added({ recorder: 1024 })).toHaveLength(4)
    expect(added({ learnKeepalive: true })).toHaveLength(2)
    expect(added({ journal: false, recorder: 0, learnKeepalive: false })).toEqual([])
    expect(memoryContract({ journal: true, recorder: 1024, learnKeepalive: true }, 'standard').parts).toEqual(memoryContract({}, 'standard').parts)
  })

  it('is above every value that the journal, the recorder and the learned keepalive write', () => {
    const options = { protocolVersion: 5 as const, recorder: 1024, learnKeepalive: true, keepalive: 300, limits: { outboxCount: 20, packetOut: 300, inflight: 20 } }
    const w = new World(options)
    const contract = memoryContract({ ...options, journal: true }, 'full')
    w.up()
    w.broker.on('publish', () => true)
    for (let i = 0; i < 20; i += 1) expect(w.publish(`t/${i % 5}`, 'x'.repeat(200), i % 3 === 0 ? 2 : 1, false, { deadline: 100000, priority: 1, properties: { messageExpiryInterval: 100, contentType: 'c' } })).toBeGreaterThan(0)
    w.run(20000)
    const most = { 'journal: value being built or read': 0, 'recorder: recording being built': 0, 'learned keepalive: value being built': 0 }
    const see = (name: keyof typeof most, length: number): void => { most[name] = Math.max(most[name], length) }
    see('recorder: recording being built', recording(w.client).length)
    for (const [key, value] of w.device.storage.values) {
      if (key.startsWith('yq')) see('journal: value being built or read', value.length)
      if (key === 'ymq-ka') see('learned keepalive: value being built', value.length)
    }
    // Each counts its value two to four times over.
    expect(most['journal: value being built or read']).toBeGreaterThan(250)
    expect(3 * most['journal: value being built or read']).toBeLessThanOrEqual(part(contract, 'journal: value being built or read'))
    expect(2 * most['recorder: recording being built']).toBeLessThanOrEqual(part(contract, 'recorder: recording being built'))
    expect(4 * most['learned keepalive: value being built']).toBeLessThanOrEqual(part(contract, 'learned keepalive: value being built'))
  })
})

describe('a journal written under larger limits', () => {
  const before = { outboxCount: 30, inflight: 20 }

  function shrunk(limits: Options['limits']): { w: World; tokens: number[] } {
    const w = new World({ limits: before })
    w.up()
    const { life } = w
    w.broker.on('publish', () => w.life === life)
    const tokens = Array.from({ length: 30 }, (_, i) => w.publish('t', `${i}`, 1))
    w.run(100)
    expect(w.client.stats()).toMatchObject({ inflight: 20 })
    w.device.powerCut()
    w.options.limits = limits!
    w.reboot()
    return { w, tokens }
  }

  it('comes back whole, and the marks say so', () => {
    const { w } = shrunk({ outboxCount: 3, inflight: 2 })
    const stats = w.client.stats()
    expect(stats).toMatchObject({ journalRestored: 30, outboxCount: 30, outboxCountMost: 30, inflight: 20, inflightMost: 20 })
    expect(stats.outboxBytesMost).toBe(stats.outboxBytes)
    expect(checkCore(w.client.core_!)).toEqual([])
    const options = { journal: true, limits: { outboxCount: 3, inflight: 2 } }
    expect(checkMarks(stats, memoryContract(options, 'full'))).toHaveLength(2)
    expect(checkMarks(stats, memoryContract(options, 'full', { before }))).toEqual([])
  })

  it('is sent in order within the new window, each with its receipt, and publish refuses until it is below the new limit', () => {
    const { w, tokens } = shrunk({ outboxCount: 3, inflight: 2 })
    const refused: number[] = []
    let taken = 0
    const limit = w.sim.now + 20000
    w.up()
    while (taken <= 0 && w.sim.now < limit) {
      w.run(1)
      const left = w.client.stats().outboxCount + w.client.core_!.outbox_.owed_
      taken = w.publish('t', 'more', 1)
      if (taken <= 0) {
        refused.push(taken)
        expect(left).toBeGreaterThanOrEqual(3)
      }
    }
    expect(refused.length).toBeGreaterThan(3)
    expect(new Set(refused)).toEqual(new Set([ErrorCode.QueueFull]))
    w.run(5000)
    expect(tokens.map((token) => w.told(token))).toEqual(tokens.map(() => ['delivered']))
    expect(w.taken('t')).toEqual([...tokens.map((_, i) => `${i}`), 'more'])
    w.check()
  })

  it('holds ids not to be used again for 64 at the most, however many lives end inside a message in pieces', () => {
    const w = new World()
    let most = 0
    for (let life = 0; life < 70; life += 1) {
      w.up()
      w.run(100)
      w.broker.on('publish', (packet) => packet.topic === 's')
      w.client.publishStream('s', 300, (_offset, max) => 'x'.repeat(max) as Bytes, 2)
      w.run(20)
      w.publish('t', 'x', 1)
      w.device.powerCut()
      w.reboot()
      most = Math.max(most, w.client.core_!.retired_.length)
    }
    expect(most).toBe(64)
    expect(w.client.stats().journalDamaged).toBe(0)
  })
})

describe('a recorder', () => {
  it('whose store has the blocks of a larger one leaves those, and stays within its bytes', () => {
    const w = new World({ recorder: 4096, journal: false })
    w.up()
    for (let i = 0; i < 3000; i += 1) {
      w.publish('t', 'x', 0)
      if (i % 100 === 0) w.run(700)
    }
    w.run(3_700_000)
    expect(w.device.storage.values.get('yieldmq.rec')!.length).toBeGreaterThan(2000)
    w.device.powerCut()
    w.options.recorder = 1024
    w.reboot()
    expect(recording(w.client).length).toBeLessThanOrEqual(1024 + 128)
    w.up()
    for (let i = 0; i < 300; i += 1) w.publish('t', 'x', 0)
    expect(recording(w.client).length).toBeGreaterThan(512)
    expect(recording(w.client).length).toBeLessThanOrEqual(1024 + 128)
  })

  it('stays within its bytes when a server answers with far more codes than were asked for', () => {
    const h = simClient({ recorder: 1024 })
    h.up()
    for (let i = 0; i < 8; i += 1) {
      h.peer.send({ cmd: 'suback', messageId: 100, granted: Array.from({ length: 900 }, () => 0) })
      h.run(100)
    }
    expect(h.client.stats().packetsIn).toBe(9)
    expect(recording(h.client).length).toBeGreaterThan(8 * 64)
    expect(recording(h.client).length).toBeLessThanOrEqual(1024 + 128)
  })

  it('holds no topic that was refused as too long', () => {
    const h = simClient({ recorder: 1024 })
    for (let i = 0; i < 20; i += 1) expect(h.client.publish(`${i}${'x'.repeat(70000)}`, h.bytes(''), 0)).toBeLessThan(0)
    expect(h.client.core_!.recorder_!.topics_).toEqual([])
  })
})
