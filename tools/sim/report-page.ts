/** Script of the page, as text: it runs in a browser, with uPlot before it. */

export const PAGE_SCRIPT = String.raw`
'use strict'
const $ = id => document.getElementById(id)
const data = JSON.parse($('data').textContent)
// With room for what happens at the very end.
const whole = Math.max(data.duration, 1) * 1.01 / 1000
const color = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()
const make = (tag, className, text) => { const e = document.createElement(tag); if (className) e.className = className; if (text !== undefined) e.textContent = text; return e }
const gutter = () => parseFloat(color('gutter')), RIGHT = 10
let from = 0, to = whole

// Times are seconds in the window, milliseconds in the data.
function clock(s) {
  const span = to - from
  if (span < 0.5) return (s * 1000).toFixed(span < 0.02 ? 2 : 0) + ' ms'
  if (whole < 600) return s.toFixed(span < 5 ? 2 : 1).replace(/\.0$/, '') + ' s'
  const two = n => String(Math.floor(n)).padStart(2, '0'), d = Math.floor(s / 86400), h = two(s / 3600 % 24), m = two(s / 60 % 60)
  return (d > 0 ? d + ' d ' : '') + (span < 86400 * 3 ? (d > 0 || s >= 3600 || whole >= 3600 ? h + ':' : '') + m + (span < 3600 ? ':' + two(s % 60) : '') : h + ' h')
}

const states = [{ t: 0, state: 'offline', cause: 0 }, ...data.states]
const rows = [...new Set(data.spans.map(one => one.row))].filter(one => one !== data.calls && one !== data.server)
const line = $('timeline'), over = $('over'), tip = $('tip')
const tracks = new Map()
function addRow(name, className) {
  const row = make('div', 'row ' + className), track = make('div', 'track')
  const label = make('span', 'name', name); label.title = name
  row.append(label, track); line.insertBefore(row, $('levels')); tracks.set(name, track)
}
addRow('link', 'link')
for (const name of rows) addRow(name, '')
for (const name of [data.calls, data.server]) if (data.spans.some(one => one.row === name)) addRow(name, '')
const caption = (id, text) => line.insertBefore(make('div', 'caption', text), $(id))
caption('levels', 'messages: in the outbox, in flight')
caption('packets', 'packets: out, in')

const place = t => 100 * (t / 1000 - from) / (to - from)
const seen = (a, b) => b / 1000 >= from && a / 1000 <= to
function bands() {
  const pixel = 100 / Math.max(1, line.clientWidth - gutter() - RIGHT)
  const link = tracks.get('link'), boxes = []
  states.forEach((one, i) => {
    const end = i + 1 < states.length ? states[i + 1].t : data.duration
    if (!seen(one.t, end) || end === one.t) return
    const left = Math.max(0, place(one.t)), right = Math.min(100, place(end))
    const box = make('i', '', (right - left) / pixel > 60 ? one.state : '')
    box.style.cssText = 'left:' + left + '%;width:' + Math.max(right - left, pixel) + '%;background:' + color(one.state)
    boxes.push(box)
  })
  link.replaceChildren(...boxes)
  for (const [name, track] of tracks) {
    if (name === 'link') continue
    const own = [], plain = name === data.calls ? 'call' : name === data.server ? 'send' : ''
    let last = -1
    for (const one of data.spans) {
      if (one.row !== name || !seen(one.from, one.to)) continue
      const left = place(one.from), spans = one.to > one.from
      // One mark a pixel.
      if (!spans && left - last < pixel && last >= 0) continue
      if (!spans) last = left
      const cut = Math.max(0, left), right = Math.min(100, place(one.to)), box = make('i', plain || (spans ? 'span' : 'point'))
      box.style.cssText = 'left:' + (spans ? cut : left) + '%' + (spans ? ';width:' + (right - cut) + '%' : '')
      own.push(box)
    }
    track.replaceChildren(...own)
  }
  for (const old of over.querySelectorAll('.calm, .fail, .label')) old.remove()
  const mark = (t, kind, text) => {
    if (t < 0 || !seen(t, t)) return
    const at = place(t), one = make('div', kind), label = make('div', 'label' + (at > 60 ? ' left' : ''), text)
    one.style.left = label.style.left = at + '%'; label.style.color = color(kind === 'fail' ? 'bad' : 'up'); if (kind === 'fail') label.style.bottom = '16px'; over.append(one, label)
  }
  if (data.calm < data.duration) mark(data.calm, 'calm', 'faults end')
  mark(data.failure, 'fail', 'broken here')
  $('window').textContent = from === 0 && to === whole ? 'all: ' + clock(data.duration / 1000) : clock(from) + ' to ' + clock(to)
}

const ORDER = ['CONNECT', 'CONNACK', 'AUTH', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT']
const names = new Set(data.frames.map(one => one.name)), kinds = ORDER.filter(one => names.has(one)).reverse()
for (const name of names) if (!ORDER.includes(name)) kinds.unshift(name)
const height = kinds.length * 18 + 36
const last = data.levels[data.levels.length - 1] || { outbox: 0, inflight: 0 }
const levels = [[0, ...data.levels.map(l => l.t / 1000), whole], [0, ...data.levels.map(l => l.outbox), last.outbox], [0, ...data.levels.map(l => l.inflight), last.inflight]]
const lane = (dir, off) => data.frames.map(f => f.dir === dir ? kinds.indexOf(f.name) + off : null)
const packets = [data.frames.map(f => f.t / 1000), lane('out', 0.17), lane('in', -0.17)]
function shade(u) {
  const { ctx, bbox } = u
  ctx.save(); ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip(); ctx.fillStyle = color('shade')
  for (const one of data.spans) if (one.to > one.from && seen(one.from, one.to)) { const x = u.valToPos(one.from / 1000, 'x', true); ctx.fillRect(x, bbox.top, u.valToPos(one.to / 1000, 'x', true) - x, bbox.height) }
  ctx.restore()
}
let charts = []
function draw() {
  for (const one of charts) one.destroy()
  const grid = { stroke: color('grid'), width: 1 }, ticks = { show: false }, width = line.clientWidth, font = '11px system-ui, sans-serif', stroke = color('dim')
  const x = { stroke, grid, ticks, font, space: 70, values: (_, list) => list.map(clock) }
  const base = { width, padding: [8, RIGHT, 0, 0], cursor: { show: false }, legend: { show: false }, hooks: { drawClear: [shade] } }
  const dot = (label, name, fill) => ({ label, stroke: color(name), paths: () => null, points: { show: true, size: 7, width: 1.5, stroke: color(name), fill: fill ? color(name) : color('back') } })
  const step = uPlot.paths.stepped({ align: 1 }), curve = (label, name) => ({ label, stroke: color(name), width: 1.5, paths: step, points: { show: false } })
  charts = [
    new uPlot({ ...base, height: 110, scales: { x: { time: false, min: from, max: to }, y: { range: (_, __, most) => [0, Math.max(1, most) * 1.1] } },
      axes: [{ ...x, size: 4, values: (_, list) => list.map(() => '') }, { stroke, grid, ticks, font, size: gutter(), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] }],
      series: [{}, curve('outbox', 'waiting'), curve('in flight', 'connecting')] }, levels, $('levels')),
    new uPlot({ ...base, height, scales: { x: { time: false, min: from, max: to }, y: { range: [-0.6, Math.max(1, kinds.length) - 0.4] } },
      axes: [{ ...x, size: 28 }, { stroke, grid, ticks, font, size: gutter(), splits: () => kinds.map((_, i) => i), values: (_, list) => list.map(i => kinds[i]) }],
      series: [{}, dot('out', 'out', true), dot('in', 'in', false)] }, packets, $('packets'))
  ]
}
function show() {
  bands()
  for (const one of charts) one.setScale('x', { min: from, max: to })
  fill()
}
function look(a, b) {
  leave()
  const span = Math.min(whole, Math.max(0.005, b - a))
  from = Math.max(0, Math.min(a, whole - span)); to = from + span
  show()
}
const zoom = (factor, at = (from + to) / 2) => look(at - (at - from) * factor, at + (to - at) * factor)

// What was at a moment.
const lastBefore = (list, t, key = 't') => { let lo = 0, hi = list.length; while (lo < hi) { const mid = (lo + hi) >> 1; if (list[mid][key] <= t) lo = mid + 1; else hi = mid } return lo - 1 }
function about(seconds) {
  const t = seconds * 1000, near = (to - from) * 8
  const state = states[lastBefore(states, t)] || states[0], level = data.levels[lastBefore(data.levels, t)] || { outbox: 0, inflight: 0 }
  const list = [make('b', '', clock(seconds) + ': ' + state.state + (state.cause < 0 ? ' (' + state.cause + ')' : '')), make('div', '', 'outbox ' + level.outbox + ', in flight ' + level.inflight)]
  const found = []
  for (const one of data.spans) if (one.to > one.from ? one.from <= t && t <= one.to : Math.abs(one.from - t) <= near) found.push({ far: one.to > one.from ? 0 : Math.abs(one.from - t), e: make('div', one.row === data.calls || one.row === data.server ? '' : 'fault', (one.row === data.calls ? '' : one.row + ': ') + one.text + (one.to > one.from ? ', ' + clock(one.from / 1000) + ' to ' + clock(one.to / 1000) : '')) })
  const middle = lastBefore(data.frames, t)
  for (let i = Math.max(0, middle - 20); i < Math.min(data.frames.length, middle + 20); i++) { const f = data.frames[i]; if (Math.abs(f.t - t) <= near) found.push({ far: Math.abs(f.t - t), e: make('div', f.dir, (f.dir === 'out' ? '→ ' : '← ') + f.text + ' at ' + f.t + ' ms') }) }
  found.sort((a, b) => a.far - b.far)
  return [...list, ...found.slice(0, 7).map(one => one.e), ...(found.length > 7 ? [make('div', 'dim', 'and ' + (found.length - 7) + ' more here')] : [])]
}
const cross = make('div'); cross.hidden = true; over.append(cross)
const drag = make('div', 'drag'); drag.hidden = true; over.append(drag)
const area = () => { const box = over.getBoundingClientRect(); return { left: box.left, width: Math.max(1, box.width) } }
const timeAt = x => { const { left, width } = area(); return from + (to - from) * Math.min(1, Math.max(0, (x - left) / width)) }
function point(seconds, y) {
  cross.hidden = tip.hidden = false; cross.style.left = place(seconds * 1000) + '%'
  tip.replaceChildren(...about(seconds))
  const x = gutter() + area().width * place(seconds * 1000) / 100, w = tip.offsetWidth, room = line.clientWidth
  tip.style.left = Math.max(4, x + 14 + w < room ? x + 14 : x - 14 - w) + 'px'
  tip.style.top = Math.max(4, Math.min(y + 12, line.clientHeight - tip.offsetHeight - 4)) + 'px'
}
const leave = () => { cross.hidden = tip.hidden = true }
let start
line.addEventListener('pointerdown', e => { if (e.button === 0) start = { x: e.clientX, t: timeAt(e.clientX) } })
addEventListener('pointermove', e => {
  if (start !== undefined && e.pointerType !== 'touch' && Math.abs(e.clientX - start.x) > 5) {
    const a = Math.min(start.t, timeAt(e.clientX)), b = Math.max(start.t, timeAt(e.clientX))
    drag.hidden = false; drag.style.left = place(a * 1000) + '%'; drag.style.width = place(b * 1000) - place(a * 1000) + '%'
  }
})
line.addEventListener('pointermove', e => point(timeAt(e.clientX), e.clientY - line.getBoundingClientRect().top))
line.addEventListener('pointerleave', leave)
addEventListener('pointercancel', () => { start = undefined; drag.hidden = true })
addEventListener('pointerup', e => {
  if (start === undefined) return
  const end = timeAt(e.clientX), moved = Math.abs(e.clientX - start.x), begun = start.t
  start = undefined; drag.hidden = true
  if (moved > 5 && e.pointerType !== 'touch') look(Math.min(begun, end), Math.max(begun, end))
  else if (moved <= 5) { point(end, e.clientY - line.getBoundingClientRect().top); goTo(end * 1000) }
})
line.addEventListener('dblclick', () => look(0, whole))
line.addEventListener('wheel', e => { if (e.ctrlKey || e.metaKey) { e.preventDefault(); zoom(e.deltaY > 0 ? 1.3 : 1 / 1.3, timeAt(e.clientX)) } }, { passive: false })
line.addEventListener('keydown', e => {
  const part = (to - from) / 8
  if (e.key === 'ArrowLeft') look(from - part, to - part)
  else if (e.key === 'ArrowRight') look(from + part, to + part)
  else if (e.key === '+' || e.key === '=') zoom(0.5)
  else if (e.key === '-') zoom(2)
  else if (e.key === '0') look(0, whole)
  else if (e.key === 'Escape') leave()
  else return
  e.preventDefault()
})
$('in').onclick = () => zoom(0.5); $('out').onclick = () => zoom(2); $('all').onclick = () => look(0, whole)
$('back').onclick = () => look(from - (to - from) / 2, to - (to - from) / 2); $('on').onclick = () => look(from + (to - from) / 2, to + (to - from) / 2)
if ($('failure')) $('failure').onclick = () => { const t = data.failure / 1000, half = Math.min(whole, 5) / 2; look(t - half, t + half); goTo(data.failure) }

// The ladder: the lines of the window.
const MOST = 3000
const ladder = $('ladder'), text = ladder.textContent.split('\n').map(one => ({ one, t: parseInt(one, 10), kind: / -->/.test(one) ? 'out' : / <--/.test(one) ? 'in' : / !!!!/.test(one) ? 'fail' : / \*\*\* (publish|subscribe|unsubscribe|connect(?! ends)|disconnect|abort|brokerPublish)/.test(one) ? 'call' : / \*\*\* /.test(one) ? 'event' : 'state' }))
function fill() {
  const want = $('filter').value.toLowerCase(), shown = text.filter(({ one, t }) => t >= from * 1000 - 1 && t <= to * 1000 + 1 && one.toLowerCase().includes(want))
  ladder.replaceChildren(...shown.slice(0, MOST).map(({ one, t, kind }) => { const e = make('div', kind, one); e.dataset.t = t; return e }))
  $('count').textContent = shown.length > MOST ? 'the first ' + MOST + ' of ' + shown.length + ' lines: zoom in' : shown.length + ' of ' + text.length + ' lines'
}
function goTo(t) {
  let best
  for (const e of ladder.children) { e.classList.remove('here'); if (best === undefined || Math.abs(e.dataset.t - t) < Math.abs(best.dataset.t - t)) best = e }
  if (best !== undefined) { best.classList.add('here'); ladder.scrollTop = best.offsetTop - ladder.clientHeight / 2 }
}
$('filter').addEventListener('input', fill)
for (const button of document.querySelectorAll('[data-copy]')) button.onclick = async () => {
  const what = $(button.dataset.copy)
  try { await navigator.clipboard.writeText(what.textContent); button.textContent = 'Copied' } catch {
    // Without leave to write there, the text is selected for the reader's own copy.
    getSelection().selectAllChildren(what); button.textContent = 'Selected'
  }
  setTimeout(() => { button.textContent = 'Copy' }, 1500)
}

const legend = (kind, paint, label) => { const s = make('span'), i = make('i', kind); i.style.background = i.style.borderColor = 'var(--' + paint + ')'; s.append(i, label); $('legend').append(s) }
for (const state of new Set(states.map(one => one.state))) legend('', state, state)
legend('', 'fault', 'fault'); legend('diamond', 'fault', 'fault at a moment'); legend('bar', 'call', 'call of the program'); legend('bar', 'in', 'server publishes')
legend('line', 'waiting', 'outbox'); legend('line', 'connecting', 'in flight'); legend('round', 'out', 'packet out'); legend('hollow', 'in', 'packet in')
addEventListener('resize', () => { draw(); show() })
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { draw(); show() })
draw(); show()
if (data.failure >= 0) goTo(data.failure)
`
