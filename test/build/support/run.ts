/** Runs what the pipelines made: the same exported function, called the same way, on each runtime. */
import { createRequire } from 'node:module'
import vm from 'node:vm'

const require = createRequire(import.meta.url)

/** Calls an export without arguments; the result as bytes. */
export function callCommonJs(code: string, name: string): Buffer {
  const exports: Record<string, () => string> = {}
  vm.runInNewContext(code, { exports, module: { exports } })
  return Buffer.from(exports[name]!(), 'latin1')
}

/** The same with ESM text. */
export async function callModule(code: string, name: string): Promise<Buffer> {
  const module = await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`) as Record<string, () => string>
  return Buffer.from(module[name]!(), 'latin1')
}

/** The same in fengari, a Lua 5.3 with 32-bit integers. */
export function callFengari(code: string, name: string): Buffer {
  const { lua, lauxlib, lualib, to_luastring: bytes } = require('fengari')
  const L = lauxlib.luaL_newstate()
  lualib.luaL_openlibs(L)
  const fail = (): never => { throw new Error(lua.lua_tojsstring(L, -1)) }
  if (lauxlib.luaL_loadbuffer(L, Buffer.from(code, 'latin1'), null, bytes('bundle')) !== lua.LUA_OK) fail()
  if (lua.lua_pcall(L, 0, 1, 0) !== lua.LUA_OK) fail()
  lua.lua_getfield(L, -1, bytes(name))
  if (lua.lua_pcall(L, 0, 1, 0) !== lua.LUA_OK) fail()
  return Buffer.from(lua.lua_tostring(L, -1) as Uint8Array)
}
