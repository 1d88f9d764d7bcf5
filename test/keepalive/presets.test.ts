import { describe, expect, it } from 'vitest'
import { defaults, presets } from '../../firmware/index.js'
import { readSettings } from '../../firmware/settings.js'
import { readText, tableRows } from '../docs/sources.js'
import { simClient } from '../support/harness.js'
import type { Cause, Options } from '../../firmware/types.js'
import type { Preset } from '../../firmware/presets.js'

const names = ['lowLatency', 'balanced', 'robust'] as const

/** ms between two pings. */
function interval(p: Preset): number {
  return p.keepalive * 1000 - Math.min(5000, p.keepalive * 100)
}

describe('presets', () => {
  it('[S0-03.8] are printed in docs/keepalive.md, each number of each', () => {
    const rows = tableRows(readText('docs/keepalive.md')).filter(([name]) => `${name}`.slice(1, -1) in presets.balanced)
    expect(rows.map(([name]) => name.slice(1, -1)).sort()).toEqual(Object.keys(presets.balanced).sort())
    for (const [name, ...values] of rows) {
      const key = name.slice(1, -1) as keyof Preset
      expect([key, ...values.map(Number)]).toEqual([key, ...names.map((preset) => presets[preset][key])])
    }
  })

  it.each(names)('[S0-03.8] %s has only options that exist, and connect() takes it', (name) => {
    const cause: Cause = { code: 0, reason: 0, value: 0, limit: 0, detail: '' }
    expect(readSettings({ servers: [{ host: 'h', port: 1883 }], ...presets[name] }, cause)).toBeDefined()
    expect(Object.keys(presets[name])).toEqual(Object.keys(presets.balanced))
  })

  it('[S0-03.8] balanced is the defaults', () => {
    const { pingTimeout, ...rest } = presets.balanced
    expect(pingTimeout).toBe(20000)
    expect(defaults.full).toMatchObject(rest)
  })

  it('[S0-03.8] are ordered: each later one notices later and rides over more', () => {
    for (const key of Object.keys(presets.balanced) as (keyof Preset)[]) {
      expect(presets.lowLatency[key]).toBeLessThanOrEqual(presets.balanced[key])
      expect(presets.balanced[key]).toBeLessThanOrEqual(presets.robust[key])
    }
  })

  it.each(names)('[S0-03.8] %s notices a dead link in the time that the page states, before 1.5 keepalives', (name) => {
    const p = presets[name]
    const row = tableRows(readText('docs/keepalive.md')).find(([first]) => first.startsWith('a dead link is noticed'))!
    const stated = parseInt(row[1 + names.indexOf(name)]!, 10)
    expect(stated * 1000).toBe(interval(p) + p.pingTimeout)
    expect(stated).toBeLessThan(1.5 * p.keepalive)
    const h = simClient({ ...p as Partial<Options>, broker: { enforceKeepalive: false } })
    h.up()
    h.sim.network.last?.halfOpen('both')
    h.run(20 + stated * 1000 - 1 - h.sim.now)
    expect(h.got.state).toBe('up')
    h.run(2)
    expect(h.got.state).toBe('waiting')
  })

  it.each(names)('[S0-03.8] %s rides over a standstill as long as the page states', (name) => {
    const p = presets[name]
    const h = simClient({ ...p as Partial<Options>, broker: { enforceKeepalive: false } })
    h.up()
    h.run(interval(p) - 100)
    h.sim.network.partition('both')
    h.run(p.pingTimeout)
    h.sim.network.partition('none')
    h.run(10_000)
    expect(h.client.stats()).toMatchObject({ drops: 0, connects: 1 })
  })
})
