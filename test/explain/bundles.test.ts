/** The sentences as the compiled bundles make them: the Espruino bundle run by Node, the Lua bundle run by fengari. */
import { lauxlib, lua, lualib, to_luastring } from 'fengari'
import { describe, expect, it } from 'vitest'
import { explain, reasonText, returnCodeText } from '../../firmware/explain.js'
import type { Cause } from '../../firmware/types.js'
import { buildEspruino } from '../../tools/build/espruino.js'
import { buildLua } from '../../tools/build/lua.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { allCodes } from '../docs/sources.js'

const entry = 'firmware/explain.ts'
const causes: Cause[] = [...allCodes().values(), 0, -999].flatMap((code) => [
  { code, reason: 0, value: 0, limit: 0, detail: '' },
  { code, reason: 0x87, value: 60000, limit: 65535, detail: 'a/{value}[1]' },
  { code, reason: 4, value: 4711, limit: 1, detail: 'a' }
])
const numbers = Array.from({ length: 256 }, (_, n) => n)
const expected = [...causes.map((cause) => explain(cause)), ...numbers.map((n) => reasonText(n)), ...numbers.map((n) => returnCodeText(n))]

/** Runs a Lua chunk that returns one string. */
function runLua(code: string): string {
  const state = lauxlib.luaL_newstate()
  lualib.luaL_openlibs(state)
  const bytes = to_luastring(code)
  const failed = lauxlib.luaL_loadbuffer(state, bytes, bytes.length, to_luastring('=explain')) || lua.lua_pcall(state, 0, lua.LUA_MULTRET, 0)
  const result = lua.lua_tojsstring(state, -1)
  if (failed !== 0) throw new Error(`Lua: ${result}`)
  return result
}

describe('the bundles', () => {
  it('give on Espruino the same sentences as on Node', async () => {
    const bundle = await buildEspruino({ entry, flags: flagsOf('tiny') })
    const module = {} as { explain: typeof explain; reasonText: typeof reasonText; returnCodeText: typeof returnCodeText }
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the bundle is CommonJS text
    new Function('exports', bundle.code)(module)
    expect([
      ...causes.map((cause) => module.explain(cause)), ...numbers.map((n) => module.reasonText(n)), ...numbers.map((n) => module.returnCodeText(n))
    ]).toEqual(expected)
  })

  it('give in Lua the same sentences as on Node', () => {
    const bundle = buildLua({ entry, flags: flagsOf('tiny') })
    const table = causes.map((c) => `{code=${c.code},reason=${c.reason},value=${c.value},limit=${c.limit},detail="${c.detail}"}`)
    const output = runLua(`
      local explain = (function() ${bundle.code} end)()
      local out = {}
      for _, cause in ipairs({${table.join(',')}}) do out[#out + 1] = explain.explain(cause) end
      for n = 0, 255 do out[#out + 1] = explain.reasonText(n) end
      for n = 0, 255 do out[#out + 1] = explain.returnCodeText(n) end
      return table.concat(out, "\\n")`)
    expect(output.split('\n')).toEqual(expected)
  })
})
