import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FEATURES, flagsOf } from '../../tools/build/profiles.js'
import { b2 } from '../../firmware/bytes.js'
import { ErrorCode } from '../../firmware/codes.js'

describe('profiles', () => {
  it('name exactly the flags that firmware declares', () => {
    const text = readFileSync(new URL('../../firmware/features.d.ts', import.meta.url), 'utf8')
    const declared = [...text.matchAll(/declare const (FEATURE_\w+)/g)].map(m => m[1])
    expect([...FEATURES].sort()).toEqual(declared.sort())
  })

  it('grow: what tiny has standard has, what standard has full has', () => {
    for (const name of FEATURES) {
      expect(Number(flagsOf('tiny')[name])).toBeLessThanOrEqual(Number(flagsOf('standard')[name]))
      expect(Number(flagsOf('standard')[name])).toBeLessThanOrEqual(Number(flagsOf('full')[name]))
    }
  })

  it('are all on in the tests of the source', () => {
    expect(FEATURE_V5 && FEATURE_V31).toBe(true)
    expect(b2(65, 66)).toBe('AB')
    expect(ErrorCode.HalMissing).toBe(-1)
  })
})
