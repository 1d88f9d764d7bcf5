import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { ROOT } from '../../tools/build/root.js'

const KEPT = path.join(ROOT, '.cache/kept')
let folder: string
let entry: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-kept-'))
  entry = path.join(folder, `${path.basename(folder)}.ts`)
})
afterEach(() => {
  for (const file of kept()) rmSync(file)
  rmSync(folder, { recursive: true, force: true })
})

/** The entry's files among those that are kept. */
function kept(): string[] {
  return readdirSync(KEPT).filter((name) => name.startsWith(path.basename(folder))).map((name) => path.join(KEPT, name))
}

/** `age`: s since it was written. */
function source(word: string, age: number): void {
  writeFileSync(entry, `export function word(): string { return '${word}' }\n`)
  const then = Date.now() / 1000 - age
  utimesSync(entry, then, then)
}

const built = async (): Promise<string> => (await keptBundle('espruino', { entry, flags: flagsOf('tiny') })).code

it('a bundle is taken from where it is kept while its sources are the same, and built anew when one is not', async () => {
  source('first', 3600)
  expect(await built()).toContain('first')
  const [file, ...others] = kept()
  expect(others).toEqual([])
  writeFileSync(file!, readFileSync(file!, 'latin1').replace('first', 'taken'), 'latin1')
  expect(await built()).toContain('taken')
  // Another text of the same age and length.
  source('other', 3600)
  expect(await built()).toContain('other')
  expect(kept()).toEqual([file])
})

it('a source written while the program runs is built, and not kept', async () => {
  source('first', -60)
  expect(await built()).toContain('first')
  expect(kept()).toEqual([])
})
