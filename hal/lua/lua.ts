/** What the ports for Lua know of the language: the libraries that every one of its runtimes has, as far as ports use them. */
import type { Bytes } from '../hal.js'

/** Several results of one Lua function: `const [a, b] = f()`. typescript-to-lua knows it by the member's name. */
export type Several<T extends unknown[]> = T & { readonly __tstlMultiReturn: unknown }

export interface LuaFile {
  read(format: string | number): Bytes | undefined
  write(bytes: string): unknown
  seek(whence: string, offset?: number): unknown
  close(): unknown
}

export interface LuaIo {
  open(this: void, name: string, mode: string): LuaFile | undefined
  stderr: LuaFile
}

export interface LuaOs {
  time(this: void): number
  rename(this: void, from: string, to: string): boolean | undefined
  remove(this: void, name: string): boolean | undefined
  tmpname(this: void): string
  exit(this: void, status: number): void
}

export interface LuaString {
  match(this: void, text: string, pattern: string): string | undefined
  gsub(this: void, text: string, pattern: string, by: string): Several<[string, number]>
  lower(this: void, text: string): string
  byte(this: void, text: string, at: number): number
  char(this: void, byte: number): Bytes
  sub(this: void, text: string, from: number, to?: number): string
  format(this: void, form: string, a?: unknown, b?: unknown, c?: unknown): string
}

export interface LuaMath {
  floor(this: void, n: number): number
  random(this: void, from: number, to: number): number
  randomseed(this: void, seed: number): void
}

export type LuaCall = (this: void, fn: (this: void, a: never, b: never, c: never) => unknown, a?: unknown, b?: unknown, c?: unknown) => Several<[boolean, unknown]>
