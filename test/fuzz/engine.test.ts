/** The engine finds what a target hides, shrinks it, and does the same again for the same seed; the invariants see what is wrong. */
import { describe, expect, it } from 'vitest'
import { Choices } from '../../tools/fuzz/choices.js'
import { Coverage } from '../../tools/fuzz/coverage.js'
import { fuzz, signature, type Fuzzed } from '../../tools/fuzz/engine.js'
import { shrink } from '../../tools/fuzz/mutate.js'
import { checkCore } from '../support/invariants.js'
import { simClient } from '../support/harness.js'

/** Steps of `hidden` reached for the first time, as coverage would tell. */
class Steps {
  private readonly seen = new Set<string>()
  private fresh: string[] = []

  reach(step: string): void {
    if (!this.seen.has(step)) this.fresh.push(step)
    this.seen.add(step)
  }

  take(): string[] {
    const fresh = this.fresh
    this.fresh = []
    return fresh
  }
}

function play(seed: number): Fuzzed {
  const coverage = new Steps()
  const hidden = (input: Uint8Array): void => {
    const c = new Choices(input)
    if (c.byte() !== 42) return
    coverage.reach('first')
    if (c.byte() !== 7) return
    coverage.reach('second')
    if (c.byte() === 99) throw new Error(`found after ${input.length} bytes`)
  }
  let state: Fuzzed | undefined
  return fuzz({ name: 'hidden', what: '', run: hidden }, {
    seconds: 60, seed, corpus: [], coverage, progress: (now) => { state = now }, stop: () => (state?.findings.length ?? 0) > 0 || (state?.runs ?? 0) > 300000
  })
}

describe('fuzzing', () => {
  it('reaches step by step what chance alone would not, shrinks it, and does the same again for the same seed', { timeout: 60_000 }, () => {
    // Three values in their places: by chance alone one input in sixteen million.
    const result = play(3)
    expect(result.findings.map(({ message }) => message)).toEqual(['found after 3 bytes'])
    expect([...result.findings[0]!.input]).toEqual([42, 7, 99])
    expect(play(3)).toEqual({ ...result, findings: [expect.objectContaining({ input: result.findings[0]!.input })] })
  })

  it('sees a block that ran for the first time, and sees it once', () => {
    const coverage = new Coverage((url) => url.includes('choices'))
    const c = new Choices(Uint8Array.from([1, 2, 3]))
    c.byte()
    coverage.take()
    c.take(2)
    const first = coverage.take()
    c.take(2)
    expect(first.length).toBeGreaterThan(0)
    expect(coverage.take()).toEqual([])
    coverage.stop()
  })

  it('takes two failures that differ in numbers alone for one', () => {
    expect(signature(new Error('12 of 13\nmore'))).toBe(signature(new Error('1 of 2')))
    expect(signature(new Error('12 of 13'))).not.toBe(signature(new Error('12 above 13')))
  })

  it('shrinks to what matters', () => {
    const input = Uint8Array.from({ length: 200 }, (_, i) => i)
    expect([...shrink(input, (bytes) => bytes.includes(77), 400)]).toEqual([77])
  })
})

describe('the invariants of the core', () => {
  function busy(): ReturnType<typeof simClient> {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.broker.on('publish', () => true)
    for (let i = 0; i < 3; i++) h.client.publish('t', h.bytes('x'), 2)
    h.client.subscribe('a', 1)
    h.run(100)
    return h
  }

  it('hold for a client at work', () => {
    expect(checkCore(busy().client.core_!)).toEqual([])
  })

  it.each([
    ['outbox', 'messages in the outbox', (c: ReturnType<typeof core>) => { c.outbox_.count_ += 1 }],
    ['bytes', 'bytes of the outbox', (c: ReturnType<typeof core>) => { c.outbox_.bytes_ -= 1 }],
    ['flight', 'messages in flight', (c: ReturnType<typeof core>) => { c.outbox_.flightCount_ += 1 }],
    ['tail', 'is not its last', (c: ReturnType<typeof core>) => { c.outbox_.flight_.tail_ = c.outbox_.flight_.head_ }],
    ['ring', 'goes round', (c: ReturnType<typeof core>) => { c.outbox_.flight_.tail_!.next_ = c.outbox_.flight_.head_ }],
    ['id', 'in use twice', (c: ReturnType<typeof core>) => { c.retired_.push(c.outbox_.flight_.head_!.packetId_) }],
    ['offset', 'bytes between what was appended', (c: ReturnType<typeof core>) => { c.tx_.appended_ += 1 }],
    ['filter', 'wanted twice', (c: ReturnType<typeof core>) => { c.registry_.entries_.push({ ...c.registry_.entries_[0]! }) }],
    ['cache', 'receive cache', (c: ReturnType<typeof core>) => { c.inbox_.bytes_ = 1 }],
    ['busy', 'between calls', (c: ReturnType<typeof core>) => { c.busy_ = 1 }],
    ['number', 'stats().pings is NaN', (c: ReturnType<typeof core>) => { c.stats_.pings = NaN }]
  ])('do not hold once one is broken: %s', (_name, sentence, spoil) => {
    const c = core(busy())
    spoil(c)
    expect(checkCore(c).join('; ')).toContain(sentence)
  })
})

function core(h: ReturnType<typeof simClient>): NonNullable<ReturnType<typeof simClient>['client']['core_']> {
  return h.client.core_!
}
