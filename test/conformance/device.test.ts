/** The kit as devices run it: compiled by the three pipelines, on a port that refuses every connection. */
import { expect, it } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { callCommonJs, callFengari } from '../build/support/run.js'
import { report } from './samples/fake.js'

const options = { entry: 'test/conformance/samples/fake.ts', flags: flagsOf('tiny') }

it('gives the same results from the source, the Espruino bundle and the Lua bundle', { timeout: 60_000 }, async () => {
  const expected = report()
  expect(expected).toContain('system.guard-arguments 1 \n')
  expect(expected).toContain('text.four-bytes 1 \n')
  expect(expected).toContain('socket.refused 1 \n')
  expect(expected).toContain('socket.opens -1 the connection to the peer ended with -63\n')
  expect(callCommonJs((await keptBundle('espruino', options)).code, 'report').toString('latin1')).toBe(expected)
  expect(callFengari((await keptBundle('lua', options)).code, 'report').toString('latin1')).toBe(expected)
})
