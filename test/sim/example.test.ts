import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readings } from './example.js'

describe('the example of docs/simulator.md', () => {
  it('is the program that runs here', () => {
    const page = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8')
    const program = readFileSync(new URL('./example.ts', import.meta.url), 'utf8')
    expect(page).toContain(program)
  })

  it('delivers readings of both lives, and the same ones for the same seed', () => {
    const taken = readings(1)
    expect(taken.length).toBeLessThan(40)
    expect(taken.length).toBeGreaterThan(25)
    expect(readings(1)).toEqual(taken)
  })
})
