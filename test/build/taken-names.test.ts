import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { buildEspruino } from '../../tools/build/espruino.js'
import { flagsOf, PROFILES } from '../../tools/build/profiles.js'

// A whole program is compiled in each of them.
vi.setConfig({ testTimeout: 60_000 })

test.each(PROFILES)('no private member of %s is shortened to `on`, which every object of Espruino has', async (profile) => {
  const { code } = await keptBundle('espruino', { entry: `firmware/index.${profile}.ts`, flags: flagsOf(profile) })
  expect(code).not.toMatch(/\.on\b/)
})

test('with more names than there are of two letters, no function, variable, parameter or field is called `of`, which Espruino reserves', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-names-'))
  try {
    const many = Array.from({ length: 3600 }, (_, i) => i)
    const entry = path.join(folder, 'words.ts')
    writeFileSync(entry, [
      'function f0(n: number): number { return n + n }',
      ...many.slice(1).map(i => `function f${i}(n: number): number { return f${i - 1}(n + ${i}) }`),
      `export class Fields { ${many.map(i => `m${i}x_: number = ${i}`).join('; ')} }`,
      'export function use(n: number): number { return f3599(n) }', ''
    ].join('\n'))
    for (const minify of [true, false]) {
      const { code } = await buildEspruino({ entry, flags: flagsOf('tiny'), minify })
      expect(code).not.toMatch(/\bof\b/)
      if (minify) expect(code).toMatch(/\boo\b/)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('with more private members than there are names of two letters, `on` is still left out', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-names-'))
  try {
    const names = Array.from({ length: 4000 }, (_, i) => `m${i}x_`)
    const entry = path.join(folder, 'names.ts')
    writeFileSync(entry, `export function make(n: number): object { return { ${names.map(name => `${name}: n`).join(', ')} } }\n`)
    const { code } = await buildEspruino({ entry, flags: flagsOf('tiny') })
    expect(code).toMatch(/\boo:/)
    expect(code).not.toMatch(/\bon:/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
