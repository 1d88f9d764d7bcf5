/** The port for Espruino and the contract: a full score in the stand-in for the interpreter. test:espruino has the real one. */
import { expect, it } from 'vitest'
import { allCases } from '../../hal/conformance/index.js'
import { checkStub } from '../../tools/hal-check/espruino.js'
import type { Result } from '../../tools/hal-check/run.js'
import { score, scorecard } from '../../tools/hal-check/score.js'

/** Half a second to seconds each, of waiting: `npx yieldmq hal-check espruino` has them too. */
const LONG = new Set([
  'write.credit-returns', 'wake.for-credit', 'write.bounded', 'write.full-takes-zero', 'write.credit-falls', 'system.wall-clock-runs', 'socket.no-answer', 'socket.none-free',
  'read.quiet-is-not-the-end', 'wake.once'
])
/** What the port does not have. */
const ABSENT = new Set(['wait', 'modem', 'network'])

it('gives the port a full score', { timeout: 120_000 }, async () => {
  const cases = allCases().filter((one) => !LONG.has(one.id) && !ABSENT.has(one.id.split('.')[0]!))
  const results: Result[] = []
  await checkStub(cases, (result) => results.push(result))
  const total = score('espruino', cases, results)
  expect(total.failed).toEqual([])
  expect(total.passed).toBeGreaterThan(110)
  expect(scorecard(total, cases)).toContain('a full score')
})
