/** A port that announces bytes and never gives them. */
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import { odd } from './odd.js'

describe('a socket', () => {
  it('that says it has something to read, and gives nothing, does not make the client spin', () => {
    const o = odd((real) => ({ pending: () => Math.max(1, real.pending()) }))
    o.client.connect()
    o.slices(1000)
    expect(o.client.stats().connects).toBe(1)
    expect(o.slices(10000)).toBeLessThan(1000)
  })

  it('that ends with bytes announced and never given is given up', () => {
    let dead = false
    const o = odd((real) => ({ status: () => (dead ? -61 : real.status()), pending: () => (dead ? 5 : real.pending()), read: (max) => (dead ? '' as Bytes : real.read(max)) }))
    o.client.connect()
    o.slices(1000)
    dead = true
    const slices = o.slices(30000)
    dead = false
    expect(o.client.stats().drops).toBe(1)
    expect(slices).toBeLessThan(1000)
  })
})
