/** Wrong options and arguments in Lua: a code, never an error, which would restart a module. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keptBundle } from '../../../tools/build/kept.js'
import { flagsOf, PROFILES } from '../../../tools/build/profiles.js'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-wrong-'))
  for (const profile of PROFILES) writeFileSync(path.join(folder, `${profile}.lua`), (await keptBundle('lua', { entry: `firmware/index.${profile}.ts`, flags: flagsOf(profile) })).code, 'latin1')
}, 120_000)
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

describe.each(PROFILES)('profile %s', (profile) => {
  it.each(['lua5.1', 'lua5.3', 'lua5.4', 'luajit'])('answers every wrong value of every option and argument with a code, on %s [S0-17]', (lua) => {
    const out = execFileSync(lua, ['test/native/lua/programs/wrong.lua', path.join(folder, `${profile}.lua`)], { encoding: 'latin1', timeout: 60_000 })
    expect(out).not.toContain('@@threw')
    const [, tried, thrown] = out.trim().split('\n').at(-1)!.split('\t').map(Number)
    expect([tried! > 900, thrown]).toEqual([true, 0])
  })
})
