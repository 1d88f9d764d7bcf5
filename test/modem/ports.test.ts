/** Every family of hal/at against the conformance kit, both kinds of timer, on the emulator. */
import { expect, it } from 'vitest'
import { allCases } from '../../hal/conformance/index.js'
import { AT_PORTS } from '../../tools/hal-check/at.js'
import { findPort } from '../../tools/hal-check/ports.js'

/** Nothing else may be said not to apply: what a family cannot tell is in tools/hal-check/at.ts. */
const NOT_APPLICABLE = ['crypto.binary', 'crypto.hmac', 'crypto.sha256', 'crypto.unknown-name', 'read.reset']

it.each(['at-air7xx', 'at-sim800', 'at-sim7600', 'at-quectel', 'at-esp'])('hal-check %s: a full score', { timeout: 60_000 }, async (port) => {
  const results = await (await findPort(port))(allCases(), () => {})
  expect(results.filter((one) => one.outcome === 'failed')).toEqual([])
  // These do not say what the peer has acknowledged.
  const isSilent = port === 'at-sim7600' || port === 'at-esp'
  expect(results.filter((one) => one.outcome === 'not applicable').map((one) => one.id).sort()).toEqual([...NOT_APPLICABLE, ...(isSilent ? ['write.unacked-stalled'] : [])])
})

it('every family is in a port of its table, and can be checked by itself', () => {
  const alone = Object.entries(AT_PORTS).filter(([name, families]) => families.length === 1 && name === `at-${families[0]!.name}`).map(([name]) => name)
  expect(alone.sort()).toEqual(['at-a7670', 'at-air724', 'at-air780', 'at-bg9x', 'at-ec2x', 'at-esp', 'at-sim7600', 'at-sim800'])
})
