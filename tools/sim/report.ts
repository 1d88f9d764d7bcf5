/** One self-contained page: the timeline of one run drawn with uPlot, its ladder, and how the seeds fared. No network. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { SeedResult } from './pool.js'
import { ladder, type Recording } from './record.js'
import { PAGE_SCRIPT, PAGE_STYLE } from './report-page.js'

/** Outcomes of one profile. */
export interface Tally {
  profile: string
  seeds: number
  failed: number
  days: number
  accepted: number
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)
}

function packaged(file: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/${file}`), 'utf8')
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const row = (cells: readonly (string | number)[], tag: string): string => `<tr>${cells.map((cell) => `<${tag}>${escape(String(cell))}</${tag}>`).join('')}</tr>`
  return `<div class="scroll"><table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`
}

function outcomes(tallies: readonly Tally[], results: readonly SeedResult[]): string {
  if (tallies.length === 0) return ''
  const broken = new Map<string, number[]>()
  for (const { seed, result } of results) if (result.failure !== undefined) broken.set(result.failure.promise, [...(broken.get(result.failure.promise) ?? []), seed])
  const rows = [...broken].map(([promise, seeds]) => [promise, seeds.length, seeds.slice(0, 10).join(' ')])
  return `<h2>Seeds</h2>${table(['profile', 'seeds', 'failed', 'device days', 'publishes'], tallies.map((one) => [one.profile, one.seeds, one.failed, one.days.toFixed(1), one.accepted]))}` +
    (rows.length === 0 ? '<p>Every promise was kept.</p>' : `<h3>Broken promises</h3>${table(['promise', 'seeds', 'the first'], rows)}`)
}

/** The page as text. `tallies` and `results`: of all seeds that ran, empty for a single script. */
export function reportPage(recording: Recording, tallies: readonly Tally[], results: readonly SeedResult[]): string {
  const { script, result } = recording
  const title = `seed ${script.seed}, ${script.profile}, ${script.features}, MQTT ${({ 3: '3.1', 4: '3.1.1', 5: '5.0' } as const)[script.client.protocolVersion ?? 4]}`
  const verdict = result.failure === undefined ? 'every promise kept' : `${result.failure.promise} broken at ${result.failure.t} ms: ${result.failure.detail}`
  const lines = ladder(recording)
  const data = { duration: result.ms, calm: script.duration, failure: result.failure?.t ?? -1, states: recording.states, levels: recording.levels, events: recording.events, frames: recording.frames.map(({ t, dir, name, text }) => ({ t, dir, name, text })) }
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>yieldmq sim: ${escape(title)}</title>
<style>${packaged('dist/uPlot.min.css')}${PAGE_STYLE}</style></head><body><main>
<h1>yieldmq sim</h1><p>${escape(title)}</p><p class="${result.failure === undefined ? 'kept' : 'broken'}" role="status">${escape(verdict)}</p>
${outcomes(tallies, results)}
<h2>Timeline</h2>
<p id="hint">Drag, or focus a chart and use the arrow keys, to look closer; + and - zoom, 0 shows all.</p>
<div id="band" role="img" aria-label="state of the link over time"></div><p id="legend"></p>
<div id="levels" tabindex="0" aria-label="messages in the outbox and in flight over time"></div>
<div id="packets" tabindex="0" aria-label="packets out and in over time"></div>
<p id="at" aria-live="polite"></p>
<h2>Ladder</h2><p><label>Only lines with <input id="filter" type="search" autocomplete="off"></label></p>
<pre id="ladder" tabindex="0">${escape(lines.join('\n'))}</pre>
${recording.dropped > 0 ? `<p>${recording.dropped} more packets are not shown.</p>` : ''}
<h2>Script</h2><details><summary>the scenario as JSON</summary><pre>${escape(JSON.stringify(script, undefined, 2))}</pre></details>
</main><script type="application/json" id="data">${JSON.stringify(data).replace(/</g, '\\u003c')}</script>
<script>${packaged('dist/uPlot.iife.min.js').replace(/<\/script/g, '<\\/script')}</script><script>${PAGE_SCRIPT}</script></body></html>
`
}

export function writeReport(file: string, recording: Recording, tallies: readonly Tally[], results: readonly SeedResult[]): void {
  writeFileSync(file, reportPage(recording, tallies, results))
}
