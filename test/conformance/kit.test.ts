/** The conformance kit on our own ports, and its lists. */
import { describe, expect, it } from 'vitest'
import { CATALOGUE, PARTS, partOf } from '../../hal/conformance/catalogue.js'
import { allCases } from '../../hal/conformance/index.js'
import { findPort } from '../../tools/hal-check/ports.js'
import { score } from '../../tools/hal-check/score.js'

const cases = allCases()

describe('the conformance kit', () => {
  it('has a title and a reason for each case, and a case for each of them', () => {
    expect(cases.map((one) => one.id).sort()).toEqual(Object.keys(CATALOGUE).sort())
    for (const { id } of cases) {
      expect(PARTS[partOf(id)], id).toBeDefined()
      expect(CATALOGUE[id]!.title, id).toMatch(/^.{10,}\.$/)
      expect(CATALOGUE[id]!.why, id).toMatch(/^.{10,}\.$/)
    }
  })

  it('finds a full score in the simulator, of both kinds', async () => {
    const total = score('sim', cases, await (await findPort('sim'))(cases, () => {}))
    expect(total.failed).toEqual([])
    expect(total.passed).toBe(total.cases)
  })
})
