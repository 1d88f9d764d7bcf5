/** That a client at rest holds no more after thousands of messages and some reconnects than before; the long form is a row of `npm run bench:espruino`. */
import { expect, test, vi } from 'vitest'
import { ALLOWED, growth } from '../../tools/bench/espruino/growth.js'

vi.setConfig({ testTimeout: 120_000 })

test.each(['tiny', 'standard'] as const)('2000 messages and 5 reconnects leave the client of %s as it was, within 5 variables', async (profile) => {
  const { before, after, messages, reconnects } = await growth(profile, 2000, 5)
  console.log(`${profile}: ${before} variables, ${after} after ${messages} messages and ${reconnects} reconnects in all`)
  expect(messages).toBeGreaterThan(2000)
  expect(Math.abs(after - before)).toBeLessThanOrEqual(ALLOWED)
})
