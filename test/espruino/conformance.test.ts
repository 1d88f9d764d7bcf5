/** The port and the contract, both on the real interpreter: every case of the kit that it can be given. */
import { expect, it } from 'vitest'
import { allCases } from '../../hal/conformance/index.js'
import { checkInterpreter } from '../../tools/hal-check/espruino.js'
import type { Result } from '../../tools/hal-check/run.js'
import { score } from '../../tools/hal-check/score.js'

it('gives the port a full score', { timeout: 420_000 }, async () => {
  const results: Result[] = []
  await checkInterpreter(allCases(), (result) => results.push(result))
  const total = score('espruino', allCases(), results)
  expect(total.failed).toEqual([])
  // The rest needs what the interpreter does not have: a wait, a modem, a clock that wraps, UTF-16 texts, a silent peer, a second start.
  expect(total.passed).toBe(121)
})
