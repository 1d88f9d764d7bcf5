/** The Lua ports in a Lua whose integers have 32 bits, as the modules' have; test/native/lua/numbers.test.ts runs the same on wider ones. */
import { expect, it } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { callFengari } from '../build/support/run.js'
import { NUMBERS } from './expected.js'

it('the clocks survive their wraps, and keep the parts of a millisecond', { timeout: 60_000 }, async () => {
  const { code } = await keptBundle('lua', { entry: 'test/port-lua/samples/numbers.ts', flags: flagsOf('standard') })
  expect(callFengari(code, 'report').toString('latin1')).toBe(NUMBERS)
})
