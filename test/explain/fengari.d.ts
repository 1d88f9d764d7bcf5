// fengari has no types of its own; this is what the suite uses.
declare module 'fengari' {
  type State = object
  export const lauxlib: {
    luaL_newstate(): State
    luaL_loadbuffer(state: State, code: Uint8Array, size: number, name: Uint8Array): number
  }
  export const lualib: { luaL_openlibs(state: State): void }
  export const lua: {
    LUA_MULTRET: number
    lua_pcall(state: State, args: number, results: number, handler: number): number
    lua_tojsstring(state: State, index: number): string
  }
  export function to_luastring(text: string): Uint8Array
}
