import { describe, expect, it } from 'vitest'
import { peakOf, storm } from '../../tools/storm/storm.js'

describe('a fleet whose server restarts', () => {
  it.each([
    { spreadMs: 5000, downMs: 10000, clones: true }, { spreadMs: 5000, downMs: 180000, clones: true },
    { spreadMs: 5000, downMs: 10000, clones: false }, { spreadMs: 10000, downMs: 30000, clones: true }
  ])('of 1000 makes at most 1.5 x N / spread attempts in its worst second, failed ones included: %j', (options) => {
    const result = storm({ devices: 1000, seed: 3, ...options })
    expect(result.peakAttempts).toBeLessThanOrEqual(result.bound)
    expect(result.bound).toBe(1.5 * 1000 * 1000 / options.spreadMs)
    // It does come back: everyone, and most of them at once after the spread.
    expect(result.peakConnects).toBeGreaterThan(20)
    expect(result.backAfterMs).toBeLessThan(130000)
  })

  it('gives the same storm for the same seed, and another for another', () => {
    const options = { devices: 200, spreadMs: 5000, downMs: 10000, clones: true }
    expect(storm({ ...options, seed: 1 })).toEqual(storm({ ...options, seed: 1 }))
    expect(storm({ ...options, seed: 1 })).not.toEqual({ ...storm({ ...options, seed: 2 }), seed: 1 })
  })

  it('is counted over any second, not over those of the clock', () => {
    expect(peakOf([0, 900, 1100, 1200, 1899], 1000)).toBe(4)
    expect(peakOf([0, 1000, 2000], 1000)).toBe(1)
  })
})
