/** `npx yieldmq replay FILE`: a flight recording in words, and whether this core still does what was recorded. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { decodeText, FormatError, readRecording } from './format.js'
import { divergenceLines, line, listing } from './print.js'
import { replayAll } from './segments.js'

interface Given { json?: boolean; slack: string; quiet?: boolean }

function run(name: string, given: Given): void {
  const slack = Number(given.slack)
  if (!Number.isInteger(slack) || slack < 0) throw new FormatError(`--slack ${given.slack} is not a number of milliseconds`, 0)
  const file = readRecording(decodeText(readFileSync(name)))
  const segments = replayAll(file, slack)
  const ok = segments.every((one) => one.divergence === undefined) && segments.some((one) => one.reason === undefined)
  process.exitCode = ok ? 0 : 1
  if (given.json === true) {
    console.log(JSON.stringify({ file: name, bytes: file.bytes, options: file.header.options, records: file.entries.map((e) => ({ ...e, text: line(e) })), segments, ok }))
    return
  }
  if (given.quiet !== true) console.log(listing(file).join('\n') + '\n')
  segments.forEach((one, i) => {
    const life = segments.length > 1 ? `life ${i + 1}: ` : ''
    if (one.reason !== undefined) console.log(`${life}not run, ${one.reason}`)
    else if (one.divergence === undefined) console.log(`${life}${one.compared} records run through this core, no divergence${one.skipped > 0 ? ` (${one.skipped} before the first checkpoint are only listed)` : ''}`)
    else console.log([`${life}DIVERGES after ${one.compared} records`, ...divergenceLines(one.divergence)].join('\n'))
  })
}

export function setup(command: Command): void {
  command
    .argument('<file>', 'a recording: binary, or hex or base64 text')
    .option('--slack <ms>', 'how late the device may have run its timers, in ms', '1000')
    .option('--quiet', 'do not list the records')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample: npx yieldmq replay crash.hex --quiet')
    .action((name: string, given: Given) => {
      try {
        run(name, given)
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code
        if (!(error instanceof FormatError) && code === undefined) throw error
        process.exitCode = 1
        if (given.json === true) console.log(JSON.stringify({ file: name, ok: false, error: (error as Error).message, offset: error instanceof FormatError ? error.offset : null }))
        else console.error(`${name}: ${(error as Error).message}`)
      }
    })
}
