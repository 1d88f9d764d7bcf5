import { describe, expect, it } from 'vitest'
import { faultsOf, mostDrops } from '../../tools/keepalive/command.js'
import { casesOf, measure, type Row } from '../../tools/keepalive/measure.js'

const rows = casesOf(240, [1200], 'silent', 3).map(measure)

function row(part: Partial<Row>): Row {
  const found = rows.find((candidate) => Object.entries(part).every(([name, value]) => candidate[name as keyof Row] === value))
  if (found === undefined) throw new Error(`no row has ${JSON.stringify(part)}`)
  return found
}

describe('npx yieldmq keepalive', () => {
  it('shows fewer packets with learning than with 120 s and 60 s, and few more than with a keepalive that knew the path', () => {
    const learned = row({ learn: true })
    expect(learned.packets).toBeLessThan(0.6 * row({ keepalive: 120 }).packets)
    expect(learned.packets).toBeLessThan(0.3 * row({ keepalive: 60 }).packets)
    expect(learned.packets).toBeLessThan(1.2 * row({ keepalive: 244 }).packets)
    expect(faultsOf(rows)).toEqual([])
  })

  it('shows what a keepalive that is too long does on the path of 60 s', () => {
    const fixed = measure({ cut: 60, how: 'silent', keepalive: 120, learn: false, days: 1 })
    const learned = measure({ cut: 60, how: 'silent', keepalive: 120, learn: true, days: 1 })
    expect(fixed.drops).toBeGreaterThan(500)
    expect(learned.drops).toBeLessThanOrEqual(6)
  })

  it('gives the same rows again', () => {
    expect(casesOf(240, [1200], 'silent', 3).map(measure)).toEqual(rows)
  })

  it('names what does not hold', () => {
    const learned = row({ learn: true })
    expect(faultsOf([{ ...learned, drops: 100 }])).toEqual(['learning on a path of 240 s under a keepalive of 1200 s dropped the link 100 times, at most 10 are allowed'])
    expect(faultsOf([{ ...learned, noticedAfter: 1800 }])[0]).toContain('did not notice a dead link')
    expect(faultsOf([{ ...learned, packets: 1e9 }, row({ keepalive: 120 })])[0]).toContain('packets, more than the')
  })

  it('allows one drop for each trial: after 1, 3, 7, 14, 21 and 28 days', () => {
    expect([1, 2, 3, 7, 14, 21, 28, 30].map((days) => mostDrops(days) - 8)).toEqual([1, 1, 2, 3, 4, 5, 6, 6])
  })
})
