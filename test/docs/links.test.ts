import { existsSync, readdirSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readText, repositoryPath } from './sources.js'

const pages = ['README.md', 'README.zh-CN.md', ...readdirSync(repositoryPath('docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]

/** The page without its code blocks and inline code, in which brackets mean something else. */
function prose(path: string): string {
  return readText(path).replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '')
}

/** The anchors that headings get: lower case, punctuation gone, spaces to hyphens. */
function anchorsOf(path: string): Set<string> {
  const headings = readText(path).replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)
  return new Set([...headings].map(([, title]) => title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')))
}

describe('the documentation', () => {
  it.each(pages)('%s has only links that lead somewhere', (page) => {
    const broken: string[] = []
    for (const [, target] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path, anchor] = target.split('#')
      const file = path === '' ? page : posix.join(posix.dirname(page), path)
      if (!existsSync(repositoryPath(file))) broken.push(`${target}: no such file`)
      else if (anchor !== undefined && (statSync(repositoryPath(file)).isDirectory() || !anchorsOf(file).has(anchor))) {
        broken.push(`${target}: no such heading`)
      }
    }
    expect(broken).toEqual([])
  })

  it('lists every page in docs/README.md', () => {
    const index = readText('docs/README.md')
    const missing = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !index.includes(`](${page.slice(5)})`))
    expect(missing).toEqual([])
  })

  it.each(pages)('%s names only files of this repository that exist', (page) => {
    const named = [...readText(page).matchAll(/`((?:firmware|hal|test|tools|examples|docs)\/[\w./-]*)`/g)].map(([, path]) => path)
    expect(named.filter((path) => !existsSync(repositoryPath(path)))).toEqual([])
  })

  it.each(pages)('%s names only commands that package.json has', (page) => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    const builtIn = ['ci', 'init', 'install']
    const named = [...readText(page).matchAll(/\bnpm (?:run (?:-s )?)?([a-z][\w:-]*)/g)].map(([, name]) => name)
    expect(named.filter((name) => !builtIn.includes(name) && !(name in scripts))).toEqual([])
  })

  it.each(pages)('%s has tables whose rows all have the same number of cells', (page) => {
    const uneven: string[] = []
    let cells = 0
    for (const line of readText(page).split('\n')) {
      const count = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0
      if (cells > 0 && count > 0 && count !== cells) uneven.push(line)
      cells = count
    }
    expect(uneven).toEqual([])
  })

  it('shows in both languages of the README the same commands and the same program', () => {
    const blocks = (path: string) => readText(path).match(/```[\s\S]*?```/g)
    expect(blocks('README.zh-CN.md')).toEqual(blocks('README.md'))
  })
})
