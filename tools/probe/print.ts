/** The readable form: a line for each step as it is done, then the round trips, the warnings and where to look. */
import Table from 'cli-table3'
import type { Echoes, Report, Step } from './report.js'

const MARKS: Record<Step['state'], string> = { pass: 'ok  ', fail: 'FAIL', skip: '-   ' }

export function stepLine({ step, state, ms, evidence, cause }: Step): string {
  const time = ms === null ? '' : `${ms} ms`
  return `${MARKS[state]}  ${step.padEnd(11)} ${time.padStart(9)}  ${cause === null ? '' : `${cause}: `}${evidence}`
}

function cell(ms: number | null): string {
  return ms === null ? '-' : `${ms} ms`
}

function echoTable(echoes: Echoes[]): string {
  const table = new Table({ head: ['echoes', 'sent', 'lost', 'p50', 'p95', 'max'], colAligns: ['left', 'right', 'right', 'right', 'right', 'right'], style: { head: [], border: [] } })
  for (const { qos, sent, lost, p50, p95, max } of echoes) table.push([`QoS ${qos}`, sent, lost, cell(p50), cell(p95), cell(max)])
  return table.toString()
}

/** What follows the lines of the steps. */
export function summary({ steps, warnings, figures, conclusion, verdict, exitStatus }: Report): string {
  const lines: string[] = []
  if (figures.connectMs !== null) lines.push('', `A device waits ${figures.connectMs} ms from opening its socket to CONNACK, its own link not counted.`)
  if (figures.echoes.length > 0) lines.push(echoTable(figures.echoes))
  for (const { warning, evidence, advice } of warnings) lines.push('', `warning ${warning}: ${evidence}.`, advice)
  const failed = steps.find(({ state }) => state === 'fail')
  lines.push('')
  if (failed !== undefined) lines.push(`${verdict} (exit status ${exitStatus}): ${failed.advice}`)
  lines.push(conclusion)
  return lines.join('\n')
}
