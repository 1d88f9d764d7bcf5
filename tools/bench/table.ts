/** The readable form of the bench: one line a row, columns aligned. */
import { holds, type Row } from './row.js'

/** Four significant digits, and no exponent: 123456 -> 123500, 1.2345 -> 1.235. A dash for what was not measured. */
export function figure(value: number | null): string {
  if (value === null) return '-'
  if (!Number.isFinite(value)) return String(value)
  return Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 })
}

function verdict(row: Row): string {
  if (row.atLeast === 0 || row.ratio === null) return ''
  return holds(row) ? 'ok' : 'BELOW'
}

const headings = ['row', 'unit', 'ours', '+-%', 'peer', '+-%', 'ratio', 'at least', '', 'against']
const textColumns = new Set([0, 1, 8, 9])

/** The whole table, without a line break at its end. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name, row.unit, figure(row.ours), row.spread === undefined ? '' : row.spread[0].toFixed(0),
    figure(row.peer), row.spread === undefined ? '' : row.spread[1].toFixed(0),
    row.ratio === null ? '-' : row.ratio.toFixed(2), row.atLeast === 0 ? '' : row.atLeast.toFixed(2), verdict(row), row.peerName
  ])
  const widths = headings.map((heading, column) => Math.max(heading.length, ...cells.map((line) => line[column]?.length ?? 0)))
  return [headings, ...cells].map((line) => line.map((cell, column) =>
    textColumns.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}
