/** hal-check on a stranger's port, and what it says of ports that are not there. */
import { expect, it } from 'vitest'
import { allCases } from '../../hal/conformance/index.js'
import { findPort } from '../../tools/hal-check/ports.js'
import { score, scorecard } from '../../tools/hal-check/score.js'

it('gives the port of docs/porting.md a full score in the parts that take no long waits', { timeout: 60_000 }, async () => {
  const quick = new Set(['hal', 'text', 'system', 'close'])
  const cases = allCases().filter((one) => quick.has(one.id.split('.')[0]!))
  const total = score('examples/port/port.ts', cases, await (await findPort('./examples/port/port.ts'))(cases, () => {}))
  expect(total.failed).toEqual([])
  expect(total.passed).toBeGreaterThan(30)
  expect(scorecard(total, cases)).toContain('a full score')
})

it('names the ports that there are when it is asked for another', async () => {
  await expect(findPort('browser')).rejects.toThrow('does not exist yet in this version')
  await expect(findPort('nonsense')).rejects.toThrow('host, host-blocking, sim')
  await expect(findPort('./nowhere.js')).rejects.toThrow('There is no file')
})

it('counts a case that does not apply neither as passed nor as failed', () => {
  const cases = allCases().filter((one) => one.id.startsWith('modem.'))
  const total = score('x', cases, cases.map(({ id }) => ({ id, outcome: 'not applicable', seen: '', ms: 0 })))
  expect(total).toMatchObject({ cases: 0, passed: 0, failed: [] })
  expect(scorecard(total, cases)).toContain('not applicable (no modem): modem.signal')
})
