/**
 * The page of `npx yieldmq size --html`: a treemap of every build, bytes by source file. Layouts are made here, one for wide
 * and one for narrow screens, so the page has no script but the line that names what is pointed at.
 */
import { hierarchy, treemap, treemapSquarify, type HierarchyRectangularNode } from 'd3-hierarchy'
import type { BoardSize, ModuleSize } from './measure.js'
import { PAGE_STYLE } from './page-style.js'

interface Node { name: string; bytes?: number; source?: number; children?: Node[] }

const GROUPS = 8
const escaped = (text: string): string => text.replace(/[&<>"]/g, one => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one]!)
const percent = (part: number, whole: number): string => `${(part / whole * 100).toFixed(1)} %`

/** Folder by folder. */
function tree(modules: ModuleSize[]): Node {
  const folders = new Map<string, Node[]>()
  for (const { file, bytes, source } of modules.filter(one => one.bytes > 0)) {
    const cut = file.lastIndexOf('/')
    const folder = cut < 0 ? '' : file.slice(0, cut)
    folders.set(folder, [...(folders.get(folder) ?? []), { name: file.slice(cut + 1), bytes, source }])
  }
  return { name: '', children: [...folders].map(([name, children]) => ({ name, children })).sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** Tiles in percent of the map's width and height. */
function tiles(row: BoardSize, ratio: number): string {
  const height = 100 / ratio
  const root = hierarchy(tree(row.modules)).sum(one => one.bytes ?? 0).sort((a, b) => b.value! - a.value!)
  const laid: HierarchyRectangularNode<Node> = treemap<Node>().size([100, height]).tile(treemapSquarify.ratio(1.2))(root)
  const folders = (laid.children ?? []).map(one => one.data.name)
  return laid.leaves().map(leaf => {
    const { x0, x1, y0, y1, data, parent } = leaf
    const place = [['left', x0], ['top', y0 / height * 100], ['width', x1 - x0], ['height', (y1 - y0) / height * 100]] as const
    const group = folders.indexOf(parent!.data.name) % GROUPS
    const label = `${parent!.data.name}/${data.name}: ${data.bytes} bytes, ${percent(data.bytes!, row.bytes)} of the module; ${data.source} bytes of source`
    return `<button class="tile g${group}" style="${place.map(([name, value]) => `${name}:${value.toFixed(3)}%`).join(';')}" data-tell="${escaped(label)}" aria-label="${escaped(label)}"><b>${escaped(data.name.replace(/\.ts$/, ''))}</b><span>${data.bytes}</span></button>`
  }).join('')
}

function budget(what: string, is: number | null, most: number | null): string {
  if (is === null) return `<div><dt>${what}</dt><dd>not measured</dd></div>`
  const over = most !== null && is > most
  return `<div><dt>${what}</dt><dd class="${over ? 'over' : ''}">${is}${most === null ? '' : ` of ${most}<meter min="0" max="${most}" low="${most * 0.9}" high="${most - 1}" optimum="0" value="${Math.min(is, most)}" aria-label="${what}: ${percent(is, most)} of the budget"></meter>${percent(is, most)}`}</dd></div>`
}

function legend(row: BoardSize): string {
  const root = hierarchy(tree(row.modules)).sum(one => one.bytes ?? 0).sort((a, b) => b.value! - a.value!)
  return (root.children ?? []).map((one, i) => `<span><i class="g${i % GROUPS}"></i>${escaped(one.data.name)} ${one.value}</span>`).join('')
}

function section(rows: BoardSize[]): string {
  const row = rows[0]!
  const names = rows.map(one => one.board).join(', ')
  const features = row.features === undefined || row.features.length === 0 ? '' : `<h3>What each feature adds</h3><div class="scroll"><table><tr><th>feature</th><th>here</th><th class="n">source</th><th class="n">bytes</th></tr>${
    row.features.map(one => `<tr><td>${escaped(one.feature)}</td><td>${one.included ? 'yes' : 'no'}</td><td class="n">${one.source}</td><td class="n">${one.bytes}</td></tr>`).join('')}</table></div>`
  return `<section><h2>${escaped(names)}</h2><p class="dim">profile ${row.profile}${row.missingPort === null ? '' : `; there is no ${escaped(row.missingPort)} yet: the client alone`}</p>
${rows.map(one => `<dl class="facts">${rows.length > 1 ? `<div><dt>board</dt><dd>${escaped(one.board)}</dd></div>` : ''}${budget('bytes', one.bytes, one.budgetBytes)}${budget('variables', one.variables, one.budgetVariables)}${one.variablesInOneFile === null ? '' : budget('variables, in one file', one.variablesInOneFile, null)}</dl>`).join('')}
<p class="legend">${legend(row)}</p>
<div class="map wide" role="group" aria-label="bytes by source file, ${escaped(names)}">${tiles(row, 2)}</div><div class="map narrow" role="group" aria-label="bytes by source file, ${escaped(names)}">${tiles(row, 0.7)}</div>
<p class="tell" aria-live="polite">Point at a file, or walk with the Tab key.</p>
<details><summary>As a table</summary><div class="scroll"><table><tr><th>file</th><th class="n">source</th><th class="n">bytes</th><th class="n">share</th></tr>${
  row.modules.map(one => `<tr><td>${escaped(one.file)}</td><td class="n">${one.source}</td><td class="n">${one.bytes}</td><td class="n">${percent(one.bytes, row.bytes)}</td></tr>`).join('')}</table></div></details>${features}</section>`
}

const SCRIPT = `for (const s of document.querySelectorAll('section')) for (const t of ['pointerover', 'focusin', 'click']) s.addEventListener(t, e => { const b = e.target.closest('.tile'); if (b) s.querySelector('.tell').textContent = b.dataset.tell })`

/** The page as text; it loads nothing. */
export function page(rows: BoardSize[]): string {
  const groups = new Map<string, BoardSize[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.profile, row.modules, row.features])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>yieldmq: sizes</title><style>${PAGE_STYLE}</style></head>
<body><main><h1>What yieldmq takes on each board</h1><p class="dim">Minified module, client and port; an area is a file's bytes in it, a colour its folder.</p>${[...groups.values()].map(section).join('\n')}</main><script>${SCRIPT}</script></body></html>
`
}
