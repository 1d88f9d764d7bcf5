/** Every case of the kit can fail: a port with one fault fails it, and the same port without the fault passes. */
import { describe, expect, it } from 'vitest'
import { allCases, type Setup } from '../../hal/conformance/index.js'
import { memoryInUse } from '../../tools/hal-check/memory.js'
import { runSim, type Result } from '../../tools/hal-check/run.js'
import { simCheck } from '../../tools/hal-check/sim.js'
import { UTF16 } from '../../tools/hal-check/texts.js'
import { FAULTS, wholePort, type Fault } from './broken.js'

const cases = allCases()
const memory = memoryInUse()

/** The one case on a simulated port of the kind that it needs. */
function outcome(id: string, fault?: Fault): Result {
  const waits = !id.startsWith('wake.') && id !== 'close.in-a-wake'
  const { sim, setup: bare } = simCheck(waits)
  const setup: Setup = { ...wholePort({ ...UTF16, ...bare }), memory }
  // The driver of the run keeps the good timer where the fault takes it away.
  fault?.(setup.hal, setup, sim)
  const results: Result[] = []
  runSim(sim, setup, cases.filter((one) => one.id === id), (result) => results.push(result))
  return results[0]!
}

/** Requirement ids that a case's fault shows. */
const TRACED: Record<string, string> = { 'write.full-takes-zero': ' [S2-17]', 'write.bounded': ' [S2-17]', 'write.credit-returns': ' [S2-17]' }

describe('a port with one fault', () => {
  it('is there for each case', () => {
    expect(Object.keys(FAULTS).sort()).toEqual(cases.map((one) => one.id).sort())
  })

  it.each(cases.map((one) => [one.id, TRACED[one.id] ?? '']))('fails %s%s', (id) => {
    expect(outcome(id)).toMatchObject({ id, outcome: 'passed' })
    expect(outcome(id, FAULTS[id])).toMatchObject({ id, outcome: 'failed' })
  })
})
