import { describe, expect, it } from 'vitest'
import * as profiles from '../../firmware/defaults.js'
import { explain } from '../../firmware/explain.js'
import { readSettings } from '../../firmware/settings.js'
import type { Cause, Options } from '../../firmware/types.js'
import { classMethods, interfaceMembers, readText, tableRows, unionMembers } from './sources.js'

const optionRows = tableRows(readText('docs/options.md'))
const limitRows = tableRows(readText('docs/limits.md'))

/** The names in back quotes that the first cells of the page's tables begin with or list, each once. */
function namesIn(rows: string[][]): string[] {
  const cells = rows.map(([first]) => first).filter((first) => first.startsWith('`'))
  return [...new Set(cells.flatMap((first) => [...first.matchAll(/`(\w+)`/g)].map(([, name]) => name)))]
}

/** What `connect()` says to these options. */
function check(options: Partial<Options>): Cause {
  const cause: Cause = { code: 0, reason: 0, value: 0, limit: 0, detail: '' }
  readSettings({ servers: [{ host: 'localhost', port: 1883 }], ...options }, cause)
  return cause
}

/** A row whose second or third cell is a range such as "ms, 1 to 3600000" or "16 to 16777215". */
function rangeOf(row: string[]): [number, number] {
  const range = /(-?\d+) to (\d+)/.exec(row.slice(1, 3).join(' '))
  if (range === null) throw new Error(`no range in the row of ${row[0]}`)
  return [Number(range[1]), Number(range[2])]
}

const types = 'firmware/types.ts'
const interfaces = ['Options', 'Will', 'PublishExtra', 'SubscribeExtra', 'DisconnectExtra'].flatMap((name) => interfaceMembers(types, name))
const contract = ['Endpoint', 'TlsOptions'].flatMap((name) => interfaceMembers('hal/hal.ts', name))

describe('docs/options.md', () => {
  it('names every option, and no option that does not exist', () => {
    expect(namesIn(optionRows).sort()).toEqual([...new Set([...interfaces, ...contract])].sort())
  })

  it('names every property of MQTT 5.0', () => {
    const page = readText('docs/options.md')
    expect(interfaceMembers(types, 'Properties').filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it.each(['WhenFull', 'Cache', 'OnSessionLost'])('lists every value of %s', (name) => {
    const page = readText('docs/options.md')
    expect(unionMembers(types, name).filter((value) => !page.includes(`\`'${value}'\``))).toEqual([])
  })

  const times = optionRows.filter(([name, unit]) => /`\w+`/.test(name) && /^m?s, /.test(unit) && interfaceMembers(types, 'Options').includes(name.slice(1, -1)))

  it('finds the rows of the times', () => {
    expect(times.map(([name]) => name)).toHaveLength(8)
  })

  it.each(times)('[S2-03] [S3-05] %s has the range that connect() accepts', (cell, ...rest) => {
    const name = cell.slice(1, -1)
    const [least, most] = rangeOf([cell, ...rest])
    expect(check({ [name]: least }).code).toBe(0)
    expect(check({ [name]: most }).code).toBe(0)
    expect(check({ [name]: least - 1 }).code).toBeLessThan(0)
    expect(check({ [name]: most + 1 })).toMatchObject({ value: most + 1, detail: name })
    expect(check({ [name]: least + 0.5 }).code).toBeLessThan(0)
  })

  it.each(times.filter(([, , standard]) => /^\d+$/.test(standard)))('[S2-03] [S3-05] %s has the default of every profile', (cell, _unit, standard) => {
    const name = cell.slice(1, -1) as keyof profiles.Defaults
    for (const profile of [profiles.standard, profiles.full]) expect(profile[name]).toBe(Number(standard))
    // In tiny one time counts for all answers.
    expect(profiles.tiny[name]).toBe(name === 'requestTimeout' ? profiles.tiny.ackTimeout : Number(standard))
  })

  it('[S1-07] refuses a keepalive of 60000 with the sentence that it looks like milliseconds', () => {
    expect(explain(check({ keepalive: 60000 }))).toBe('keepalive is in seconds, and 60000 looks like milliseconds; the limit is 3600. Did you mean 60?')
  })

  it('[S1-07] allows with force what it says', () => {
    expect(check({ keepalive: 65535, force: true }).code).toBe(0)
    expect(check({ keepalive: 65536, force: true }).code).toBeLessThan(0)
  })
})

describe('docs/limits.md', () => {
  const limits = limitRows.filter(([name]) => interfaceMembers(types, 'Limits').includes(name.slice(1, -1)))

  it('has one row for every limit', () => {
    expect(limits.map(([name]) => name.slice(1, -1)).sort()).toEqual(interfaceMembers(types, 'Limits').sort())
  })

  it('prints every number of firmware/defaults.ts', () => {
    const printed = limitRows.filter(([name]) => /^`\w+`$/.test(name) && name.slice(1, -1) in profiles.full)
    expect(printed.map(([name]) => name.slice(1, -1)).sort()).toEqual(Object.keys(profiles.full).sort())
    for (const row of printed) {
      const name = row[0].slice(1, -1) as keyof profiles.Defaults
      expect([name, ...row.slice(-3).map(Number)]).toEqual([name, profiles.tiny[name], profiles.standard[name], profiles.full[name]])
    }
  })

  it.each(limits)('%s has the range that connect() accepts', (cell, unit, range) => {
    const name = cell.slice(1, -1)
    const [least, most] = rangeOf([cell, unit, range])
    expect(check({ limits: { [name]: least } }).code).toBe(0)
    expect(check({ limits: { [name]: most } }).code).toBe(0)
    expect(check({ limits: { [name]: least - 1 } })).toMatchObject({ value: least - 1, detail: `limits.${name}` })
    expect(check({ limits: { [name]: most + 1 } })).toMatchObject({ value: most + 1, limit: most, detail: `limits.${name}` })
  })

  it('has a row for every value of whenFull and of cache', () => {
    const first = limitRows.map(([cell]) => cell)
    for (const value of unionMembers(types, 'WhenFull')) expect(first).toContain(`\`'${value}'\``)
    for (const value of unionMembers(types, 'Cache').filter((cache) => cache !== 'direct')) expect(first).toContain(`\`'${value}'\``)
  })
})

describe('docs/api.md', () => {
  const rows = tableRows(readText('docs/api.md'))

  it('shows every method of the client', () => {
    const block = /interface Client \{([\s\S]*?)\n\}/.exec(readText('docs/api.md'))?.[1] ?? ''
    const shown = [...block.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name)
    expect(shown.sort()).toEqual(classMethods('firmware/client.ts', 'Client').sort())
  })

  it('has every counter of the statistics', () => {
    expect(namesIn(rows).filter((name) => interfaceMembers(types, 'Stats').includes(name)).sort()).toEqual(interfaceMembers(types, 'Stats').sort())
  })

  it('has a row for every outcome of a publish', () => {
    expect(namesIn(rows).filter((name) => unionMembers(types, 'Outcome').includes(name) && rows.some(([first]) => first === `\`${name}\``)).sort())
      .toEqual(unionMembers(types, 'Outcome').sort())
  })
})

describe('docs/architecture.md', () => {
  const page = readText('docs/architecture.md')

  it('has every state of the link in its table and in its diagram', () => {
    const diagram = /```mermaid([\s\S]*?)```/.exec(page)?.[1] ?? ''
    const drawn = new Set([...diagram.matchAll(/(\w+) -->|--> (\w+)/g)].map(([, from, to]) => from ?? to))
    const listed = namesIn(tableRows(page)).filter((name) => unionMembers(types, 'LinkState').includes(name))
    expect([...drawn].sort()).toEqual(unionMembers(types, 'LinkState').sort())
    expect(listed.sort()).toEqual(unionMembers(types, 'LinkState').sort())
  })
})
