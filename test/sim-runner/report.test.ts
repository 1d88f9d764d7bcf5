import { Script as Program } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { generate } from '../../tools/sim/generate.js'
import { recordRun } from '../../tools/sim/record.js'
import { reportPage } from '../../tools/sim/report.js'
import { CALLS, SERVER, spansOf, type Span } from '../../tools/sim/report-spans.js'
import { create } from '../../firmware/index.js'

const script = generate(11, { profile: 'power', features: 'full', days: 0 })
const recording = recordRun(script, { create })
const kept = reportPage(recording, 'npx yieldmq sim --seeds 1 --from 11', [], [])

function between(page: string, open: string, close: string): string[] {
  return page.split(open).slice(1).map((part) => part.slice(0, part.indexOf(close)))
}

describe('the page of --report', () => {
  it('loads nothing: no address, no script, style, image or frame from elsewhere', () => {
    // uPlot's notice names its home; text is not loaded.
    const markup = kept.replace(/\/\*[^]*?\*\//g, '')
    expect(markup).not.toMatch(/https?:\/\//)
    expect(markup).not.toMatch(/<(link|img|iframe|object|embed)\b|<script[^>]*\bsrc\b|\burl\(|@import|\bimport\(|fetch\(|XMLHttpRequest|WebSocket/)
  })

  it('has data that is JSON, and scripts that parse', () => {
    const data = JSON.parse(between(kept, '<script type="application/json" id="data">', '</script>')[0]!) as { duration: number; spans: Span[]; frames: unknown[]; states: unknown[] }
    expect(data.duration).toBe(recording.result.ms)
    expect(data.frames).toHaveLength(recording.frames.length)
    expect(data.states).toEqual(recording.states)
    const scripts = between(kept, '<script>', '</script>')
    expect(scripts).toHaveLength(2)
    for (const text of scripts) expect(() => new Program(text)).not.toThrow()
  })

  it('names the seed, the command that replays it and the verdict, and shows every element that its script asks for', () => {
    expect(kept).toContain('Every promise was kept in this run')
    expect(kept).toContain('npx yieldmq sim --seeds 1 --from 11')
    const code = between(kept, '<script>', '</script>')[1]!
    const asked = [...code.matchAll(/\$\('(\w+)'\)/g)].map((one) => one[1]!).filter((id) => id !== 'failure')
    expect(asked.length).toBeGreaterThan(10)
    for (const id of asked) expect(kept).toContain(`id="${id}"`)
  })

  it('says which promise was broken, when, and what it says, with nothing taken for markup', () => {
    const failure = { promise: 'one-receipt', t: 5, detail: 'token <script>1</script> & "2"' }
    const page = reportPage({ ...recording, result: { ...recording.result, failure } }, 'npx yieldmq sim', [], [])
    expect(page).toContain('Broken: one-receipt at 5 ms')
    expect(page).toContain('token &lt;script&gt;1&lt;/script&gt; &amp; &quot;2&quot;')
    expect(page).toContain('Every accepted publish ends in one receipt')
    expect(page).toContain('id="failure"')
  })

  it('draws faults as spans that end when faults end, under their names, and calls apart', () => {
    const events: typeof script.events = [
      { at: 10, do: 'publish', topic: 1, qos: 1, bytes: 6 }, { at: 20, do: 'partition', direction: 'out', ms: 9000 }, { at: 30, do: 'rst' },
      { at: 40, do: 'brokerPublish', filter: 0, qos: 2, bytes: 3 }, { at: 7000, do: 'rst' }
    ]
    expect(spansOf({ ...script, duration: 5000, events }, 6000)).toEqual([
      { row: CALLS, from: 10, to: 10, text: 'publish topic out/1, qos 1, bytes 6' },
      { row: 'partition', from: 20, to: 5000, text: 'partition direction out' },
      { row: 'RST', from: 30, to: 30, text: 'rst' },
      { row: SERVER, from: 40, to: 40, text: 'brokerPublish filter a/0, qos 2, bytes 3' }
    ])
  })
})
