import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keptBundle } from '../../../tools/build/kept.js'
import { flagsOf, PROFILES } from '../../../tools/build/profiles.js'
import { report as clientReport } from '../../build/samples/client.js'
import { report as codecReport } from '../../build/samples/codec.js'
import { report } from '../../build/samples/shapes.js'

let folder: string
beforeAll(() => { folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-lua-')) })
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

function written(code: string): string {
  const file = path.join(folder, 'bundle.lua')
  writeFileSync(file, code, 'latin1')
  return file
}

describe('a Lua bundle in the interpreters themselves', () => {
  for (const [name, entry, expected] of [
    ['a sample of every construct', 'test/build/samples/shapes.ts', report],
    ['the codec', 'test/build/samples/codec.ts', codecReport],
    ['the client', 'test/build/samples/client.ts', clientReport]
  ] as const) {
    it(`gives the bytes of the source on lua5.1, lua5.3, lua5.4 and LuaJIT, minified or not: ${name}`, { timeout: 120_000 }, async () => {
      const bytes = Buffer.from(expected(), 'latin1')
      for (const minify of [false, true]) {
        const file = written((await keptBundle('lua', { entry, flags: flagsOf('full'), minify })).code)
        for (const lua of ['lua5.1', 'lua5.3', 'lua5.4', 'luajit']) {
          const out = execFileSync(lua, ['-e', `io.write(dofile(${JSON.stringify(file)}).report())`], { timeout: 20_000 })
          expect(out.equals(bytes), `${lua}, ${minify ? 'minified' : 'not minified'}`).toBe(true)
        }
      }
    })
  }

  it('loads in every profile, and gives what its entry exports', { timeout: 120_000 }, async () => {
    for (const profile of PROFILES) {
      const file = written((await keptBundle('lua', { entry: `firmware/index.${profile}.ts`, flags: flagsOf(profile) })).code)
      for (const lua of ['lua5.1', 'lua5.3', 'lua5.4', 'luajit']) {
        const out = execFileSync(lua, ['-e', `local t = dofile(${JSON.stringify(file)}) io.write(type(t.create), " ", type(t.Client), " ", type(t.run))`], { encoding: 'utf8', timeout: 20_000 })
        expect(out, `${profile} on ${lua}`).toBe('function table function')
      }
    }
  })

  it('has no name that the chunk does not define: nothing is written to a global', { timeout: 120_000 }, async () => {
    const file = written((await keptBundle('lua', { entry: 'firmware/index.full.ts', flags: flagsOf('full') })).code)
    const script = `local before = {} for k in pairs(_G) do before[k] = true end dofile(${JSON.stringify(file)}) for k in pairs(_G) do if not before[k] then io.write(k, " ") end end`
    expect(execFileSync('lua5.1', ['-e', script], { encoding: 'utf8', timeout: 20_000 })).toBe('')
  })
})
