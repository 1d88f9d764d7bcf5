/** Rules about records, classes, functions and arrays. */
import { suite } from './lint.js'

const socket = 'interface Socket { read(max: number): string }\n'

suite('no-classes', {
  accepts: {
    'functions on a record': 'interface R { n: number }\nexport function grow(r: R): void { r.n = r.n + 1 }',
    'Client': 'export class Client { n = 1\n yield(): number { return this.n } }',
    'a class that implements Socket': `${socket}export class Tcp implements Socket { read(max: number): string { return max > 0 ? '' : '' } }`
  },
  refuses: {
    'another class': 'export class Queue { n = 1 }',
    'a class expression': 'export const Queue = class { n = 1 }',
    'inheritance': `${socket}class Client {}\nexport class Tcp extends Client implements Socket { read(): string { return '' } }`,
    'a getter and a setter': ['export class Client { get a(): number { return 1 }\n set a(n: number) { n } }', 2],
    'a getter of a record': 'export const r = { get a(): number { return 1 } }',
    'a #private field': 'export class Client { #n = 1 }',
    'a static block': 'export class Client { static { 1 } }'
  }
})

suite('no-closure-objects', {
  accepts: {
    'a record of functions at the top of a module': 'export const hal = { open(): number { return 1 } }',
    'a function handed to another': 'export function f(wake: (fn: () => void) => void, n: { n: number }): void { wake(() => { n.n = 1 }) }',
    'functions that take the record': 'export function make(): { n: number } { return { n: 1 } }'
  },
  refuses: {
    'an object with functions of its own': ['export function make(n: number): unknown { return { get: () => n, more(): number { return n } } }', 2],
    'a function stored in a record': 'export function f(r: { go?: () => number }, n: number): void { r.go = () => n }'
  }
})

suite('no-loop-closures', {
  accepts: {
    'a function made before the loop': 'export function f(l: number[], g: (n: number) => void): void { for (const n of l) g(n) }',
    'a function in the list that the loop walks': 'export function f(l: (g: () => void) => number[]): void { for (const n of l(() => undefined)) n }'
  },
  refuses: {
    'an arrow in a for': 'export function f(g: (h: () => number) => void): void { for (let i = 0; i < 3; i++) g(() => i) }',
    'a function in a while': 'export function f(g: (h: () => void) => boolean): void { while (g(function () { return })) { /* nothing */ } }',
    'an arrow in a for..of': 'export function f(l: number[], g: (h: () => number) => void): void { for (const n of l) g(() => n) }'
  }
})

suite('no-exceptions', {
  accepts: { 'a negative code': 'export function f(n: number): number { return n > 4 ? -40 : n }' },
  refuses: {
    'throw': "export function f(): void { throw 'x' }",
    'an Error': 'export const e = new Error()',
    'try': 'export function f(g: () => void): void { try { g() } finally { g() } }',
    'a Promise': 'export const p = Promise.resolve(1)',
    'async and await': ['export async function f(): Promise<void> { await 1 }', 2],
    'a generator': ['export function * f(): Generator<number> { yield 1 }', 2]
  }
})

suite('no-exceptions', {
  option: { tryAllowed: true },
  accepts: { 'try in a port, whose guard needs it': 'export function f(g: () => void): number { try { g()\n return 0 } catch { return -38 } }' },
  refuses: { 'throw in a port': "export function f(): void { throw 'x' }" }
})

suite('plain-arrays', {
  accepts: {
    'push, pop and an index loop': 'export function f(l: number[]): number { l.push(1)\n let n = 0\n for (let i = 0; i < l.length; i++) n = n + l[i]!\n l.pop()\n return n }',
    'for..of over an array': 'export function f(l: readonly number[]): number { let n = 0\n for (const x of l) n = n + x\n return n }',
    'a method of a record that shares a name with an array': 'export const f = (r: { splice: (this: void) => number }): number => r.splice()'
  },
  refuses: {
    'delete': 'export function f(r: { n?: number }): void { delete r.n }',
    'splice': 'export function f(l: number[]): void { l.splice(0, 1) }',
    'map and filter': ['export const f = (l: number[]): number[] => l.map((n) => n + 1).filter((n) => n > 1)', 2],
    'flat': 'export const f = (l: number[][]): number[] => l.flat()',
    'for..in': 'export function f(r: object): void { for (const k in r) k }',
    'for..of over a string': 'export function f(s: string): void { for (const c of s) c }',
    'push of several': 'export function f(l: number[]): void { l.push(1, 2) }',
    'a hole': 'export const l = [1, , 2]',
    'undefined in an array': 'export const f = (n?: number): unknown[] => [1, n]',
    'undefined stored in an array': 'export function f(l: (number | undefined)[]): void { l[1] = undefined }',
    'new Array': 'export const l = new Array(4)',
    'setting the length': 'export function f(l: number[]): void { l.length = 0 }',
    'the operator in': "export const f = (r: object): boolean => 'a' in r"
  }
})

suite('this-void', {
  accepts: {
    'a callback that says this: void': 'export type Handler = (this: void, n: number) => void',
    'a part of the HAL': 'export interface TimerHal { ticks(this: void): number; wait?: (this: void, ms: number) => number }',
    'methods of Socket and Client': `${socket}export interface Client { yield(ms: number): number; socket: Socket }`
  },
  refuses: {
    'a callback without it': 'export type Handler = (n: number) => void',
    'a callback in the options': 'export interface Options { onLink?: (n: number) => void }',
    'a method of another interface': 'export interface TimerHal { ticks(): number }',
    'a this of another type': 'export type Handler = (this: unknown) => void'
  }
})

suite('no-this-void-class', {
  accepts: {
    'a class that implements ordinary methods': `${socket}export class Tcp implements Socket { n = 1\n read(max: number): string { return max > this.n ? '' : '' } }`,
    'this inside an arrow of a method': 'export class Client { n = 1\n f(g: (h: () => number) => void): void { g(() => this.n) } }'
  },
  refuses: {
    'a class that implements a this: void member': 'interface TimerHal { ticks(this: void): number }\nexport class Timer implements TimerHal { ticks(): number { return 1 } }',
    'a class that implements an optional one': 'interface TimerHal { wait?: (this: void, ms: number) => number }\nexport class Timer implements TimerHal { wait(): number { return 1 } }',
    'this in a record of functions': 'export const r = { n: 1, f(): number { return this.n } }'
  }
})

suite('no-mixed-return', {
  accepts: {
    'an object or undefined': 'export function f(n: number): { n: number } | undefined { return n > 0 ? { n } : undefined }',
    'a number': 'export function f(): number { return 1 }',
    'bytes or a number, both plain values in Lua': 'declare const tag: unique symbol\ntype Bytes = string & { readonly [tag]: true }\nexport declare function f(): Bytes | number'
  },
  refuses: {
    'an object or a number': 'export function f(n: number): { n: number } | number { return n > 0 ? { n } : -1 }',
    'any object or a number': 'export function f(n: number): object | number { return n > 0 ? {} : -1 }',
    'the same inferred': 'export function f(n: number) { return n > 0 ? { n } : -1 }',
    'the same as a type': 'export type Open = (this: void) => { n: number } | number',
    'the same in an interface': 'export interface Hal { open(this: void): number[] | number }'
  }
})

suite('no-method-values', {
  accepts: {
    'a method that is called': `${socket}export const f = (s: Socket): string => s.read(4)`,
    'a method tested for presence': 'interface Client { extra?(): void }\nexport const f = (c: Client): boolean => c.extra !== undefined',
    'a this: void member': 'interface TimerHal { ticks(this: void): number }\nexport const f = (t: TimerHal, g: (h: (this: void) => number) => void): void => { g(t.ticks) }'
  },
  refuses: {
    'a method handed over': `${socket}export const f = (s: Socket, g: (h: unknown) => void): void => { g(s.read) }`,
    'a method by another name': `${socket}export function f(s: Socket): unknown { const r = s.read\n return r }`,
    'a method of a class': 'export class Client { yield(): number { return 1 }\n f(g: (h: () => number) => void): void { g(this.yield) } }'
  }
})
