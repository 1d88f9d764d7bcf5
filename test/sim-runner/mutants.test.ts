import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from '../../tools/sim/build.js'
import { hunt, originalCore } from '../../tools/sim/mutants/hunt.js'
import { MUTANTS } from '../../tools/sim/mutants/list.js'
import { BLUNT, change } from '../../tools/sim/mutants/mutant.js'
import type { Pool } from '../../tools/sim/pool.js'
import { PROMISES } from '../../tools/sim/promises/index.js'

const ROOT = new URL('../../', import.meta.url)

describe('mutants of the core', () => {
  let original: Pool
  beforeAll(async () => { original = await originalCore() })
  afterAll(() => original.end())

  it('are at least 24, named once each, and each still fits the source it changes', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(24)
    expect(new Set(MUTANTS.map((one) => one.name)).size).toBe(MUTANTS.length)
    for (const mutant of MUTANTS) {
      expect(mutant.changes.length, mutant.name).toBeGreaterThan(0)
      for (const { file } of mutant.changes) {
        const text = readFileSync(new URL(file, ROOT), 'utf8')
        expect(mutate(mutant, file, text), `${mutant.name}, ${file}`).not.toBe(text)
      }
    }
  })

  it('each names promises that say what is wrong with it', () => {
    const names = PROMISES.map((one) => one.name)
    for (const { name, by } of MUTANTS) {
      expect(by.length, name).toBeGreaterThan(0)
      for (const promise of by) {
        expect(names, name).toContain(promise)
        expect(BLUNT, name).not.toContain(promise)
      }
    }
  })

  it('one whose text is gone, or is there twice, is an error that names it', () => {
    const mutant = { name: 'rotten', changes: [change('acks.ts', 'x', 'y')], by: [], why: '' }
    expect(() => mutate(mutant, 'firmware/acks.ts', 'a')).toThrow('mutant rotten: "x" occurs 0 times in firmware/acks.ts, once is expected')
    expect(() => mutate(mutant, 'firmware/acks.ts', 'x x')).toThrow('occurs 2 times')
    expect(mutate(mutant, 'firmware/core.ts', 'x x')).toBe('x x')
  })

  it.each(['pubcomp-not-awaited', 'receipt-twice'])('%s is caught within few seeds', async (name) => {
    const result = await hunt(MUTANTS.find((one) => one.name === name)!, 100, 1, original)
    expect(result.caught).toBe(true)
  }, 60_000)

  it('one that only a promise catches that says nothing of its fault counts as not caught', async () => {
    const mutant = MUTANTS.find((one) => one.name === 'receipt-twice')!
    const result = await hunt({ ...mutant, by: ['slow-lane'] }, 4, 1, original)
    expect(result).toEqual({ mutant: 'receipt-twice', caught: false, seedsNeeded: 4, promise: '', others: ['one-receipt'] })
  }, 60_000)

  it('a change that changes nothing is not caught', async () => {
    const same = { name: 'same', changes: [change('acks.ts', 'function isRequest(', 'function  isRequest(')], by: ['one-receipt'], why: '' }
    expect(await hunt(same, 5, 1, original)).toEqual({ mutant: 'same', caught: false, seedsNeeded: 5, promise: '', others: [] })
  }, 60_000)
})
