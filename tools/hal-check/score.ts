/** The scorecard: in plain text, or as one JSON value. */
import Table from 'cli-table3'
import { CATALOGUE, PARTS, partOf } from '../../hal/conformance/catalogue.js'
import { Need, type Case } from '../../hal/conformance/index.js'
import type { Result } from './run.js'

/** Why a case was not applicable. */
const LACKING: Record<number, string> = {
  [Need.Nothing]: 'the port answers that it cannot know',
  [Need.Wait]: 'the port does not wait: no timer.wait',
  [Need.WaitRefused]: 'no timer.wait, or no address that refuses connections was given',
  [Need.Wake]: 'the port is not woken: no timer.onWake and wakeAfter',
  [Need.Storage]: 'no storage',
  [Need.Crypto]: 'no crypto',
  [Need.Network]: 'no network',
  [Need.Modem]: 'no modem',
  [Need.Refused]: 'no address that refuses connections was given',
  [Need.Silent]: 'no address that never answers was given',
  [Need.TwoSockets]: 'one socket at a time',
  [Need.SocketLimit]: 'the number of sockets is not known, or above 128',
  [Need.Restart]: 'no way to restart the port was given',
  [Need.StorageRestart]: 'no storage, or no way to restart the port was given',
  [Need.Wrap]: 'no port with a clock that is about to wrap was given',
  [Need.Memory]: 'memory in use is not known',
  [Need.Utf16]: 'texts are bytes here',
  [Need.Flush]: 'the port says that it cannot send after close',
  [Need.Reset]: 'the port says that its platform tells a reset as an orderly end'
}

export interface Score {
  port: string
  /** Cases that apply to this port. */
  cases: number
  passed: number
  failed: { id: string; title: string; why: string; seen: string }[]
  notApplicable: { id: string; because: string }[]
}

/** A case that never reported counts as failed. */
export function score(port: string, cases: Case[], results: Result[]): Score {
  const byId = new Map(results.map((result) => [result.id, result]))
  const total: Score = { port, cases: 0, passed: 0, failed: [], notApplicable: [] }
  for (const one of cases) {
    const result = byId.get(one.id)
    if (result?.outcome === 'not applicable') {
      total.notApplicable.push({ id: one.id, because: LACKING[one.needs]! })
      continue
    }
    total.cases += 1
    if (result?.outcome === 'passed') total.passed += 1
    else total.failed.push({ id: one.id, ...CATALOGUE[one.id]!, seen: result === undefined ? 'it never ended' : result.seen })
  }
  return total
}

/** What a person reads: a row a part, each failure with what was seen, and what did not apply. */
export function scorecard(total: Score, cases: Case[]): string {
  const table = new Table({ head: ['part', 'passed', 'failed', 'not applicable'], style: { head: [], border: [] } })
  const failed = new Set(total.failed.map((one) => one.id))
  const skipped = new Set(total.notApplicable.map((one) => one.id))
  for (const [part, name] of Object.entries(PARTS)) {
    const own = cases.filter((one) => partOf(one.id) === part)
    if (own.length === 0) continue
    const bad = own.filter((one) => failed.has(one.id)).length
    const left = own.filter((one) => skipped.has(one.id)).length
    table.push([`${part}: ${name}`, String(own.length - bad - left), String(bad), String(left)])
  }
  const lines = [table.toString()]
  for (const one of total.failed) lines.push('', `FAILED ${one.id}: ${one.title}`, `  seen: ${one.seen}`, `  so:   ${one.why}`)
  if (total.notApplicable.length > 0) lines.push('')
  for (const because of new Set(total.notApplicable.map((one) => one.because))) {
    const ids = total.notApplicable.filter((one) => one.because === because)
    lines.push(`not applicable (${because}): ${ids.map((one) => one.id).join(', ')}`)
  }
  lines.push('', `${total.port}: ${total.passed} of ${total.cases} cases passed, ${total.notApplicable.length} not applicable${total.failed.length === 0 ? ': a full score' : ''}`)
  return lines.join('\n')
}

/** `--list`. */
export function listing(cases: Case[]): string {
  const lines: string[] = []
  for (const [part, name] of Object.entries(PARTS)) {
    const own = cases.filter((one) => partOf(one.id) === part)
    if (own.length === 0) continue
    lines.push(`${part}: ${name}`)
    for (const one of own) lines.push(`  ${one.id.padEnd(30)} ${CATALOGUE[one.id]!.title}`)
  }
  lines.push(`${cases.length} cases`)
  return lines.join('\n')
}
