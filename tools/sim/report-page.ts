/** Style and script of the page, as text: they run in a browser. */

export const PAGE_STYLE = `
:root { color-scheme: light dark; --text: #1c1c1c; --back: #fff; --line: #8888; --up: #2e8b57; --waiting: #c77d0a; --offline: #888; --connecting: #3b7dd8; --bad: #c0392b; --in: #7a4fbf }
@media (prefers-color-scheme: dark) { :root { --text: #eaeaea; --back: #17181a; --up: #58c48a; --waiting: #e9ab4a; --offline: #999; --connecting: #79aef5; --bad: #ff7b6b; --in: #b697f0 } }
* { box-sizing: border-box } body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 70rem; margin: 0 auto; padding: 0.5rem 1rem 3rem } h1 { margin: 0.5rem 0 } .kept { color: var(--up) } .broken { color: var(--bad); overflow-wrap: anywhere }
.scroll, pre { overflow: auto } table { border-collapse: collapse } th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid var(--line) }
pre { max-height: 32rem; border: 1px solid var(--line); padding: 0.5rem; font-size: 13px } input { font: inherit; padding: 0.3rem; max-width: 100% }
#band { position: relative; height: 1.6rem; border: 1px solid var(--line); margin: 0.3rem 0; overflow: hidden } #band i { position: absolute; top: 0; bottom: 0; min-width: 1px } #band b { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--text) }
#legend span { white-space: nowrap; margin-right: 1rem } #legend i { display: inline-block; width: 0.9rem; height: 0.9rem; vertical-align: -0.1rem; margin-right: 0.3rem }
#levels:focus-visible, #packets:focus-visible, pre:focus-visible, input:focus-visible, summary:focus-visible { outline: 2px solid var(--connecting); outline-offset: 2px }
.u-legend { font-size: 13px; color: var(--text) } #at { min-height: 3rem; font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
`

export const PAGE_SCRIPT = String.raw`
'use strict'
const data = JSON.parse(document.getElementById('data').textContent)
const style = getComputedStyle(document.documentElement)
const color = name => style.getPropertyValue('--' + name).trim()
const colors = { up: 'up', draining: 'up', waiting: 'waiting', offline: 'offline', opening: 'connecting', connecting: 'connecting' }
let from = 0, to = data.duration / 1000
const clamp = () => { const whole = data.duration / 1000; if (to - from < 0.01) to = from + 0.01; if (from < 0) { to -= from; from = 0 } if (to > whole) { from = Math.max(0, from - (to - whole)); to = whole } }
function band() {
  const box = document.getElementById('band')
  box.replaceChildren()
  const place = t => 100 * (t / 1000 - from) / (to - from)
  const states = [{ t: 0, state: 'offline' }, ...data.states]
  states.forEach((one, i) => {
    const end = i + 1 < states.length ? states[i + 1].t : data.duration
    if (end / 1000 < from || one.t / 1000 > to) return
    const i0 = document.createElement('i')
    i0.style.left = place(one.t) + '%'; i0.style.width = Math.max(0, place(end) - place(one.t)) + '%'
    i0.style.background = color(colors[one.state]); i0.title = one.state + ' from ' + one.t + ' ms to ' + end + ' ms'
    box.append(i0)
  })
  for (const one of data.events) {
    if (one.t / 1000 < from || one.t / 1000 > to) continue
    const mark = document.createElement('b'); mark.style.left = place(one.t) + '%'; mark.title = one.t + ' ms: ' + one.text; box.append(mark)
  }
}
const legend = document.getElementById('legend')
for (const name of ['offline', 'waiting', 'connecting', 'up']) {
  const s = document.createElement('span'), i = document.createElement('i'); i.style.background = color(colors[name]); s.append(i, name); legend.append(s)
}
{ const s = document.createElement('span'); s.textContent = '| faults and calls'; legend.append(s) }
const axes = () => [{ stroke: color('text'), grid: { stroke: color('line') } }, { stroke: color('text'), grid: { stroke: color('line') }, size: 46 }]
const marks = u => {
  const { ctx } = u
  ctx.save(); ctx.lineWidth = 1
  const draw = (t, paint) => { if (t < 0) return; const x = u.valToPos(t / 1000, 'x', true); if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return; ctx.strokeStyle = paint; ctx.beginPath(); ctx.moveTo(x, u.bbox.top); ctx.lineTo(x, u.bbox.top + u.bbox.height); ctx.stroke() }
  for (const one of data.events) draw(one.t, color('line'))
  draw(data.calm, color('up')); draw(data.failure, color('bad'))
  ctx.restore()
}
const at = document.getElementById('at')
function near(seconds) {
  const span = (to - from) / 100, found = []
  for (const list of [data.events, data.frames]) for (const one of list) if (Math.abs(one.t / 1000 - seconds) < span && found.length < 6) found.push(one.t + ' ms ' + (one.dir === 'out' ? '-> ' : one.dir === 'in' ? '<- ' : '') + one.text)
  at.textContent = found.join('   |   ')
}
const width = () => document.querySelector('main').clientWidth - 32
const hooks = { draw: [marks], setCursor: [u => { if (u.cursor.left >= 0) near(u.posToVal(u.cursor.left, 'x')) }], setSelect: [u => { if (u.select.width > 5) { const a = u.posToVal(u.select.left, 'x'), b = u.posToVal(u.select.left + u.select.width, 'x'); u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false); from = a; to = b; clamp(); all() } }] }
const cursor = { drag: { x: true, y: false, setScale: false }, sync: { key: 'sim' } }
const scales = { x: { time: false } }
const levels = [[0, ...data.levels.map(l => l.t / 1000), data.duration / 1000], [0, ...data.levels.map(l => l.outbox), data.levels.length ? data.levels[data.levels.length - 1].outbox : 0], [0, ...data.levels.map(l => l.inflight), 0]]
const ROWS = ['CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH']
const packets = [data.frames.map(f => f.t / 1000), data.frames.map(f => f.dir === 'out' ? ROWS.indexOf(f.name) : null), data.frames.map(f => f.dir === 'in' ? ROWS.indexOf(f.name) : null)]
const stepped = uPlot.paths.stepped({ align: 1 })
const charts = [
  new uPlot({ width: width(), height: 200, scales, axes: axes(), cursor, hooks, series: [{ label: 's' }, { label: 'outbox', stroke: color('waiting'), paths: stepped }, { label: 'in flight', stroke: color('connecting'), paths: stepped }] }, levels, document.getElementById('levels')),
  new uPlot({ width: width(), height: 320, scales: { x: { time: false }, y: { range: [-1, ROWS.length] } }, cursor, hooks,
    axes: [axes()[0], { ...axes()[1], size: 100, splits: () => ROWS.map((_, i) => i), values: (_, list) => list.map(i => ROWS[i]) }],
    series: [{ label: 's' }, { label: 'out', stroke: color('up'), paths: () => null, points: { show: true, size: 6, fill: color('up') } }, { label: 'in', stroke: color('in'), paths: () => null, points: { show: true, size: 6, fill: color('in') } }] }, packets, document.getElementById('packets'))
]
function all() { band(); for (const c of charts) c.setScale('x', { min: from, max: to }) }
for (const id of ['levels', 'packets']) document.getElementById(id).addEventListener('keydown', event => {
  const span = to - from, key = event.key
  if (key === 'ArrowLeft') { from -= span / 10; to -= span / 10 } else if (key === 'ArrowRight') { from += span / 10; to += span / 10 }
  else if (key === '+' || key === '=') { from += span / 4; to -= span / 4 } else if (key === '-') { from -= span / 2; to += span / 2 }
  else if (key === '0') { from = 0; to = data.duration / 1000 } else return
  event.preventDefault(); clamp(); near((from + to) / 2); all()
})
addEventListener('resize', () => { for (const c of charts) c.setSize({ width: width(), height: c.height }) })
const pre = document.getElementById('ladder'), lines = pre.textContent.split('\n')
document.getElementById('filter').addEventListener('input', event => { const want = event.target.value.toLowerCase(); pre.textContent = lines.filter(l => l.toLowerCase().includes(want)).join('\n') })
all()
`
