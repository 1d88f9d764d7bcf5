/** One self-contained page: the timeline of one run drawn with uPlot, its ladder, and how the seeds fared. No network. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { SeedResult } from './pool.js'
import { ladder, type Recording } from './record.js'
import { PROMISES } from './promises/index.js'
import { PAGE_SCRIPT } from './report-page.js'
import { CALLS, SERVER, spansOf } from './report-spans.js'
import { PAGE_STYLE } from './report-style.js'

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

/** What the run was, in a few words each. */
function facts(recording: Recording): [string, string][] {
  const { script, result } = recording
  const seconds = (ms: number): string => (ms < 600_000 ? `${(ms / 1000).toFixed(1)} s` : ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} days`)
  const count = (dir: string): number => recording.frames.filter((one) => one.dir === dir).length
  return [
    ['faults', script.profile], ['build', script.features], ['MQTT', ({ 3: '3.1', 4: '3.1.1', 5: '5.0' } as const)[script.client.protocolVersion ?? 4]],
    ['session', script.client.clean === false ? 'kept (clean: false)' : 'clean'], ['port', script.program.waits ? 'waits' : 'woken by events'],
    ['time with faults', seconds(script.duration)], ['time in all', seconds(result.ms)], ['publishes accepted', String(result.accepted)],
    ['packets', `${count('out')} out, ${count('in')} in`], ['connections', String(new Set(recording.frames.map((one) => one.connection)).size)]
  ]
}

function copyable(id: string, text: string): string {
  return `<div class="command"><code id="${id}">${escape(text)}</code><button type="button" data-copy="${id}">Copy</button></div>`
}

/** The page as text. `command`: what replays the run. `tallies` and `results`: of all seeds that ran, empty for a single script. */
export function reportPage(recording: Recording, command: string, tallies: readonly Tally[], results: readonly SeedResult[]): string {
  const { script, result } = recording
  const { failure } = result
  const title = `yieldmq sim: seed ${script.seed}, ${script.profile}${failure === undefined ? '' : `, ${failure.promise} broken`}`
  const data = {
    duration: result.ms, calm: script.duration, failure: failure?.t ?? -1, states: recording.states, levels: recording.levels, calls: CALLS, server: SERVER,
    spans: spansOf(script, result.ms), frames: recording.frames.map(({ t, dir, name, text }) => ({ t, dir, name, text }))
  }
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>
<style>${packaged('dist/uPlot.min.css')}${PAGE_STYLE}</style></head><body><main>
<h1>yieldmq sim, seed ${script.seed}</h1>
<div class="verdict ${failure === undefined ? 'kept' : 'broken'}" role="status">${failure === undefined
    ? '<b>Every promise was kept in this run</b>'
    : `<b>Broken: ${escape(failure.promise)} at ${failure.t} ms</b>${escape(failure.detail)}${sentenceOf(failure.promise)}`}</div>
${copyable('command', command)}
<dl class="facts">${facts(recording).map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`).join('')}</dl>
${outcomes(tallies, results)}
<h2>Timeline</h2>
<div class="tools"><button type="button" id="back" aria-label="earlier">&#8592;</button><button type="button" id="on" aria-label="later">&#8594;</button><button type="button" id="in" aria-label="zoom in">+</button><button type="button" id="out" aria-label="zoom out">&#8722;</button><button type="button" id="all">All</button>${failure === undefined ? '' : '<button type="button" id="failure">To the failure</button>'}<output id="window"></output></div>
<div id="timeline" tabindex="0" role="application" aria-label="Timeline: state of the link, faults, calls, messages held, packets. Arrow keys move, + and - zoom, 0 shows all."><div id="levels"></div><div id="packets"></div><div id="over"></div><div id="tip" hidden></div></div>
<div id="legend"></div>
<p class="dim">Drag over the timeline to zoom, double-click for all; a click finds the place in the ladder. With the keyboard: arrows, + and -, 0.</p>
<h2>Ladder</h2><div class="tools"><label>Only lines with <input id="filter" type="search" autocomplete="off"></label><output id="count"></output></div>
<div id="ladder" tabindex="0">${escape(ladder(recording).join('\n'))}</div>
${recording.dropped > 0 ? `<p>${recording.dropped} more packets are not shown.</p>` : ''}
<h2>Script</h2><p>The scenario as JSON. Saved as <code>script.json</code> it can be shortened by hand, and runs with <code>npx yieldmq sim --script script.json</code>. <button type="button" data-copy="script">Copy</button></p>
<details><summary>${script.events.length} events</summary><pre id="script" tabindex="0">${escape(JSON.stringify(script, undefined, 2))}</pre></details>
</main><script type="application/json" id="data">${JSON.stringify(data).replace(/</g, '\\u003c')}</script>
<script>${packaged('dist/uPlot.iife.min.js').replace(/<\/script/g, '<\\/script')}</script><script>${PAGE_SCRIPT}</script></body></html>
`
}

/** What a broken promise says. */
function sentenceOf(name: string): string {
  const promise = PROMISES.find((one) => one.name === name)
  return promise === undefined ? '' : `<div class="dim">${escape(promise.sentence)}</div>`
}

export function writeReport(file: string, recording: Recording, command: string, tallies: readonly Tally[], results: readonly SeedResult[]): void {
  writeFileSync(file, reportPage(recording, command, tallies, results))
}
