/**
 * The whole library that firmware may use: what Espruino, Lua through typescript-to-lua, and Node all have, and all
 * mean the same by. It stands in for TypeScript's own lib files, so that Map, Promise, typed arrays, Error, Date and
 * JSON do not even type-check (typescript-to-lua compiles some of them to nil without a word).
 */

/** Zero-based, without holes. */
interface Array<T> {
  length: number
  [n: number]: T
  push(item: T): number
  pop(): T | undefined
  shift(): T | undefined
  join(separator: string): string
  indexOf(item: T): number
  slice(from?: number, to?: number): T[]
  [Symbol.iterator](): IterableIterator<T>
}

interface ReadonlyArray<T> {
  readonly length: number
  readonly [n: number]: T
  join(separator: string): string
  indexOf(item: T): number
  slice(from?: number, to?: number): T[]
  [Symbol.iterator](): IterableIterator<T>
}

/** For bytes.ts and ports; the rest of the core goes through the intrinsics. */
interface String {
  readonly length: number
  charCodeAt(index: number): number
  substring(from: number, to?: number): string
  indexOf(part: string, from?: number): number
}

interface StringConstructor {
  fromCharCode(a: number, b?: number, c?: number, d?: number): string
}
declare const String: StringConstructor

interface Math {
  floor(x: number): number
  ceil(x: number): number
  abs(x: number): number
  min(a: number, b: number): number
  max(a: number, b: number): number
}
declare const Math: Math

// What the compiler itself asks for. Nothing here can be called.

interface Boolean {}
interface Number {}
interface Object {}
interface Function {}
interface CallableFunction extends Function {}
interface NewableFunction extends Function {}
interface IArguments {}
interface RegExp {}
interface TemplateStringsArray extends ReadonlyArray<string> {}

/** Not a value that firmware may use: it only lets `for (const x of array)` type-check. */
interface SymbolConstructor {
  readonly iterator: unique symbol
}
declare const Symbol: SymbolConstructor
interface IteratorResult<T> {
  done?: boolean
  value: T
}
interface Iterator<T> {
  next(): IteratorResult<T>
}
interface Iterable<T> {
  [Symbol.iterator](): Iterator<T>
}
interface IterableIterator<T> extends Iterator<T> {
  [Symbol.iterator](): IterableIterator<T>
}

type Partial<T> = { [K in keyof T]?: T[K] }
type Required<T> = { [K in keyof T]-?: T[K] }
type Readonly<T> = { readonly [K in keyof T]: T[K] }
type Pick<T, K extends keyof T> = { [P in K]: T[P] }
type Record<K extends string | number, T> = { [P in K]: T }
type Exclude<T, U> = T extends U ? never : T
type Extract<T, U> = T extends U ? T : never
type Omit<T, K extends string | number | symbol> = Pick<T, Exclude<keyof T, K>>
type NonNullable<T> = T & {}
