/** The small core writes its defaults where it reads the options; the documented tables are in defaults.ts. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { standard, tiny } from '../../firmware/defaults.js'

const source = readFileSync('firmware/small/settings.ts', 'utf8')

/** The number that stands behind a name in the small core's table, for tiny or standard. */
function written(name: string, profile: 'tiny' | 'standard'): number | undefined {
  const found = new RegExp(`'${name}', (?:FEATURE_QOS2 \\? (\\d+) : )?(\\d+), \\d+`).exec(source)
  if (found === null) return undefined
  return Number(profile === 'standard' ? found[1] ?? found[2] : found[2])
}

describe.each([['tiny', tiny], ['standard', standard]] as const)('the small core built as %s', (profile, defaults) => {
  const names = Object.keys(defaults).filter((name) => name !== 'maxFilters' && name !== 'maxQos' && (profile === 'standard' || (defaults as unknown as Record<string, number>)[name]! > 0))
  it.each(names)('has the documented default of %s', (name) => {
    expect(written(name, profile)).toBe((defaults as unknown as Record<string, number>)[name])
  })
})
