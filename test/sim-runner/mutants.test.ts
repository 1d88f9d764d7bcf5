import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from '../../tools/sim/build.js'
import { hunt, originalCore } from '../../tools/sim/mutants/hunt.js'
import { MUTANTS } from '../../tools/sim/mutants/list.js'
import type { Pool } from '../../tools/sim/pool.js'

const ROOT = new URL('../../', import.meta.url)

describe('mutants of the core', () => {
  let original: Pool
  beforeAll(async () => { original = await originalCore() })
  afterAll(() => original.end())

  it('are at least 24, named once each, and each still fits the source it changes', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(24)
    expect(new Set(MUTANTS.map((one) => one.name)).size).toBe(MUTANTS.length)
    for (const mutant of MUTANTS) {
      const text = readFileSync(new URL(mutant.file, ROOT), 'utf8')
      expect(mutate(mutant, text), mutant.name).not.toBe(text)
    }
  })

  it('one whose text is gone, or is there twice, is an error that names it', () => {
    const mutant = { name: 'rotten', file: 'firmware/acks.ts', find: 'x', replace: 'y', why: '' }
    expect(() => mutate(mutant, 'a')).toThrow('mutant rotten: "x" occurs 0 times in firmware/acks.ts, once is expected')
    expect(() => mutate(mutant, 'x x')).toThrow('occurs 2 times')
  })

  it.each(['pubcomp-not-awaited', 'receipt-twice'])('%s is caught within few seeds', async (name) => {
    const result = await hunt(MUTANTS.find((one) => one.name === name)!, 100, 1, original)
    expect(result.caught).toBe(true)
  }, 60_000)

  it('a change that changes nothing is not caught', async () => {
    const same = { name: 'same', file: 'firmware/acks.ts', find: 'function isRequest(', replace: 'function  isRequest(', why: '' }
    expect(await hunt(same, 5, 1, original)).toEqual({ mutant: 'same', caught: false, seedsNeeded: 5, promise: '' })
  }, 60_000)
})
