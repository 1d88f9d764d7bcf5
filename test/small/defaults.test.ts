/** The cores of tiny and standard write their defaults where they read the options; the documented tables are in defaults.ts. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { standard, tiny, type Defaults } from '../../firmware/defaults.js'

/** The number that stands behind a name in a core's table, for a build with QoS 2 where that counts. */
function written(core: 'small' | 'tiny', name: string): number | undefined {
  const found = new RegExp(`'${name}', (?:FEATURE_QOS2 \\? (\\d+) : )?(\\d+)[, \\n]`).exec(readFileSync(`firmware/${core}/settings.ts`, 'utf8'))
  return found === null ? undefined : Number(found[1] ?? found[2])
}

const numbers = (defaults: Defaults) => Object.entries(defaults) as [keyof Defaults, number][]

describe('the small core', () => {
  it.each(numbers(standard).filter(([name]) => name !== 'maxFilters' && name !== 'maxQos'))('has the documented default of %s, %j', (name, value) => {
    expect(written('small', name)).toBe(value)
  })
})

describe('the core of tiny', () => {
  const fixed = ['maxFilters', 'maxQos', 'slicePackets', 'sliceBytes', 'requestTimeout', 'reconnectSpread', 'streamMax', 'inboxCount', 'inboxBytes']
  it.each(numbers(tiny).filter(([name]) => !fixed.includes(name)))('has the documented default of %s, %j', (name, value) => {
    expect(written('tiny', name)).toBe(value)
  })

  it.each(fixed)('has no option %s', (name) => {
    expect(written('tiny', name)).toBeUndefined()
  })

  it('has the fixed numbers of the documentation', () => {
    const of = (file: string, name: string): number => Number(new RegExp(`\\b${name} = (\\d+)`).exec(readFileSync(`firmware/tiny/${file}.ts`, 'utf8'))?.[1])
    expect([of('receive', 'Slice'), of('slice', 'Spread')]).toEqual([tiny.sliceBytes, tiny.reconnectSpread])
    // No packet has less than two bytes.
    expect(tiny.slicePackets).toBe(tiny.sliceBytes / 2)
  })
})
