/** `npx yieldmq keepalive`: what the learned keepalive saves, and what it costs, on paths that cut idle links. */
import Progress from 'cli-progress'
import Table from 'cli-table3'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { casesOf, measure, type Case, type Row } from './measure.js'
import type { Cut } from './path.js'

interface Given {
  cut: number[]
  max: number[]
  days: number
  how: Cut
  json?: boolean
}

function whole(text: string, least: number, most: number): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < least || n > most) throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`)
  return n
}

function list(least: number, most: number): (text: string) => number[] {
  return (text) => text.split(',').map((part) => whole(part.trim(), least, most))
}

/** Drops that learning may cost on a steady path: two for each time that turned out too long, and one for each later trial. */
export function mostDrops(days: number): number {
  // Trials begin 1, 2, 4, 7, 7 ... days after one another.
  let trials = 0
  for (let day = 1, wait = 2; day <= days; day += wait, wait = wait === 2 ? 4 : 7) trials += 1
  return 8 + trials
}

/** What does not hold in the rows, as sentences. */
export function faultsOf(rows: Row[]): string[] {
  const faults: string[] = []
  for (const row of rows.filter((candidate) => candidate.learn)) {
    const name = `learning on a path of ${row.cut} s under a keepalive of ${row.keepalive} s`
    const most = mostDrops(row.days)
    if (row.drops > most) faults.push(`${name} dropped the link ${row.drops} times, at most ${most} are allowed`)
    if (row.noticedAfter === null || row.noticedAfter >= 1.5 * row.keepalive) faults.push(`${name} did not notice a dead link within 1.5 keepalives`)
    for (const other of rows) {
      if (other.learn || other.cut !== row.cut || other.keepalive > 120 || other.keepalive >= row.keepalive || other.cut < 150) continue
      if (row.packets >= other.packets) faults.push(`${name} sent ${row.packets} packets, more than the ${other.packets} of a fixed keepalive of ${other.keepalive} s`)
    }
  }
  return faults
}

function span(seconds: number | null): string {
  if (seconds === null) return '-'
  if (seconds < 600) return `${seconds} s`
  return seconds < 36_000 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`
}

function print(rows: Row[]): void {
  const table = new Table({
    head: ['idle links end after', 'keepalive', 'pings every', 'packets', 'drops', 'found after', 'dead link noticed after'],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right'], style: { head: [], border: [] }
  })
  for (const row of rows) {
    table.push([
      `${row.cut} s`, `${row.learn ? 'learned, at most' : 'fixed,'} ${row.keepalive} s`, `${row.pingInterval} s`, row.packets, row.drops,
      row.learn ? span(row.foundAfter) : '', span(row.noticedAfter)
    ])
  }
  process.stdout.write(`${table.toString()}\n`)
}

export function setup(command: Command): void {
  command
    .option('--cut <s,s>', 'paths: seconds after which an idle link is cut', list(31, 65535), [60, 240, 1800])
    .option('--max <s,s>', 'keepalives under which is learned, in seconds', list(60, 65535), [1200, 3600])
    .option('--days <n>', 'virtual days', (text) => whole(text, 1, 365), 30)
    .addOption(new Option('--how <what>', 'what becomes of an idle link').choices(['silent', 'rst', 'reset', 'fin']).default('silent'))
    .option('--json', 'one JSON value and nothing else')
    .addHelpText('after', '\nExample:\n  npx yieldmq keepalive --cut 300 --days 7\n\nPackets are MQTT packets in both directions, those of reconnecting included. Exit status 0 when learning keeps its bounds.')
    .action((given: Given) => {
      const cases: Case[] = given.cut.flatMap((cut) => casesOf(cut, given.max, given.how, given.days))
      const bar = new Progress.SingleBar({ stream: process.stderr, noTTYOutput: false, clearOnComplete: true }, Progress.Presets.shades_classic)
      const shown = process.stderr.isTTY === true
      if (shown) bar.start(cases.length, 0)
      const rows = cases.map((one) => {
        const row = measure(one)
        if (shown) bar.increment()
        return row
      })
      if (shown) bar.stop()
      const faults = faultsOf(rows)
      if (given.json === true) process.stdout.write(`${JSON.stringify({ rows, faults })}\n`)
      else print(rows)
      for (const fault of faults) process.stderr.write(`keepalive: ${fault}\n`)
      process.exitCode = faults.length === 0 ? 0 : 1
    })
}
