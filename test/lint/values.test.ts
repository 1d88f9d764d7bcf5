/** Rules about numbers, truth, time and bytes: what means one thing in JavaScript and another in Lua. */
import { suite } from './lint.js'

const bytes = "declare const tag: unique symbol\ntype Bytes = string & { readonly [tag]: true }\n"
const timer = 'interface Timer { ticks(this: void): number; since(this: void, t0: number): number }\n'

suite('strict-boolean', {
  accepts: {
    'a comparison': "export function f(n: number, s: string): number { if (n > 0 && s.length > 0) return 1\n return 0 }",
    'a boolean, and one that may be absent': 'export function f(r: { on?: boolean }, b: boolean): number { return r.on && !b ? 1 : 0 }',
    'an object of any kind': 'export const f = (r?: object): boolean => !r',
    'an object that may be absent': 'export function f(r: { next?: { n: number } }): number { while (!r.next) return 1\n return 0 }'
  },
  refuses: {
    'the truth of a number': 'export function f(n: number): number { if (n) return 1\n return 0 }',
    'the truth of a QoS': 'export function f(qos: 0 | 1 | 2): number { return qos ? 2 : 0 }',
    'the truth of a text': 'export function f(s: string): number { while (s) return 1\n return 0 }',
    'the truth of bytes': `${bytes}export function f(s: Bytes): boolean { return !s }`,
    'the truth of a number that may be absent': 'export function f(r: { n?: number }): number { return !r.n ? 1 : 0 }',
    'the truth of a number beside another': 'export function f(n: number, b: boolean): number { if (b && n) return 1\n return 0 }',
    'the truth of something unknown': 'export function f(n: unknown): number { for (; n;) return 1\n return 0 }'
  }
})

suite('no-value-operators', {
  accepts: {
    'conditions joined': 'export function f(a: number, b: number): boolean { return a > 0 || b > 0 }',
    'a choice by ?:': 'export function f(a?: number): number { return a === undefined ? 5 : a }',
    'objects as conditions': 'export function f(a: object | undefined, b: boolean): number { if (a && b) return 1\n return 0 }'
  },
  refuses: {
    '|| for a value': 'export function f(n: number): number { return n || 5 }',
    '&& for a value': 'export function f(r?: { n: number }): number | undefined { return r && r.n }',
    '?? for a value': 'export function f(n?: number): number { return n ?? 5 }'
  }
})

suite('no-bit-operators', {
  accepts: {
    'the same with %, / and *': 'export const low = (n: number): number => n % 256 + (n - n % 256) / 256 * 128',
    'types joined by | and &': 'export type A = (1 | 2) & number'
  },
  refuses: {
    'each bit operator': ['export const f = (a: number, b: number): number => (a & b) + (a | b) + (a ^ b) + (a << b) + (a >> b) + (a >>> b) + ~a', 7],
    'or-zero to truncate': 'export const f = (a: number): number => a | 0',
    'a bit operator in an assignment': ['export function f(a: number): number { a &= 1\n a >>>= 2\n return a }', 2]
  }
})

suite('small-integers', {
  accepts: {
    'the largest integer': 'export const n = 2147483647',
    'a product below the limit': 'export const n = 65536 * 32767'
  },
  refuses: {
    'a literal of 2^31': 'export const n = 2147483648',
    'a hexadecimal literal above it': 'export const n = 0xFFFFFFFF',
    'a product of literals that passes it': 'export const n = 65536 * 32768',
    'a sum that passes it': 'export const n = 2147483647 + 1'
  }
})

suite('no-tick-arithmetic', {
  accepts: {
    'since(stamp)': `${timer}export function f(t: Timer): boolean { const t0 = t.ticks()\n return t.since(t0) >= 100 }`,
    'a stamp kept in a record': `${timer}interface R { at: number }\nexport function f(t: Timer, r: R): number { r.at = t.ticks()\n return t.since(r.at) + 1 }`,
    'the length of a table of stamps': `${timer}export function f(t: Timer, l: number[]): number { l[0] = t.ticks()\n return l.length + 1 }`
  },
  refuses: {
    'now - t0': [`${timer}export function f(t: Timer, n: number): number { return t.ticks() - n }`, 1],
    'a deadline as an absolute time': `${timer}export function f(t: Timer): number { const t0 = t.ticks()\n return t0 + 1000 }`,
    'a stamp compared': `${timer}export function f(t: Timer, n: number): boolean { const t0 = t.ticks()\n return n >= t0 }`,
    'arithmetic on a stamp kept in a record': `${timer}interface R { at: number }\nexport function keep(t: Timer, r: R): void { r.at = t.ticks() }\nexport function f(r: R): number { return r.at - 1 }`,
    'arithmetic on a stamp handed on': `${timer}interface R { at: number }\nexport function f(t: Timer, r: R): number { const t0 = t.ticks()\n r.at = t0\n return 0 - r.at }`,
    'arithmetic on an element of a table of stamps': `${timer}export function f(t: Timer, l: number[]): number { l[0] = t.ticks()\n return l[1]! - 3 }`,
    'arithmetic on a stamp that a function returns': `${timer}function now(t: Timer): number { return t.ticks() }\nexport const f = (t: Timer, n: number): number => now(t) - n`,
    'arithmetic on a stamp that a function was given': `${timer}function age(stamp: number): number { return 5 - stamp }\nexport const f = (t: Timer): number => age(t.ticks())`,
    '+= and ++': [`${timer}export function f(t: Timer): number { let t0 = t.ticks()\n t0 += 5\n t0++\n return -t0 }`, 3]
  }
})

suite('no-bytes-plus', {
  accepts: {
    'cat of bytes': `${bytes}declare function cat(a: Bytes, b: Bytes): Bytes\nexport const f = (a: Bytes, b: Bytes): Bytes => cat(a, b)`,
    '+ on numbers and on text': "export const f = (a: number, s: string): string => s + '!' + String(a + 1)"
  },
  refuses: {
    '+ on bytes': `${bytes}export const f = (a: Bytes, b: Bytes): string => a + b`,
    '+ of bytes and text': `${bytes}export const f = (a: Bytes): string => a + 'x'`,
    '+ on bytes that may be absent': `${bytes}export const f = (a: Bytes, b?: Bytes): string => 'x' + b!`,
    '+= on bytes': `${bytes}export function f(a: string, b: Bytes): string { a += b\n return a }`,
    'bytes in a template': `${bytes}export const f = (a: Bytes): string => \`x\${a}\``
  }
})

suite('bytes-intrinsics', {
  accepts: {
    'the length of a string': `${bytes}export const f = (s: Bytes): number => s.length`,
    'Math.floor, one native call everywhere': 'export const f = (n: number): number => Math.floor(n / 2)',
    'a field that shares its name with a built-in': 'export const f = (r: { Math: number; slice: number }): number => r.Math + r.slice'
  },
  refuses: {
    'charCodeAt': `${bytes}export const f = (s: Bytes): number => s.charCodeAt(0)`,
    'a method of a text': "export const f = (s: string): boolean => s.startsWith('a')",
    'a method of a number': 'export const f = (n: number): string => n.toFixed(1)',
    'bind of a function': 'export const f = (g: (this: void, n: number) => void): unknown => g.bind(undefined, 1)',
    'an index into a string': 'export const f = (s: string): string | undefined => s[0]',
    'String.fromCharCode': 'export const f = (n: number): string => String.fromCharCode(n)',
    'another built-in object': 'export const f = (r: object): string => JSON.stringify(r)',
    'Math beyond the four': 'export const f = (n: number): number => Math.pow(n, 2)',
    'for..of over a string': 'export function f(s: string): void { for (const c of s) c }'
  }
})

suite('no-missing-builtins', {
  accepts: {
    'arrays and records': 'export const f = (l: number[]): { n: number } => ({ n: l.length })',
    'a field with the name of a built-in': 'export const f = (r: { Map: number; process: number }): number => r.Map + r.process',
    'a name of our own': 'const process = 1\nexport { process }'
  },
  refuses: {
    'a typed array': 'export const a = new Uint8Array(4)',
    'a typed array as a type': 'export const f = (a: Uint8Array): number => a.length',
    'Map, Set and Symbol': ['export const f = (): unknown[] => [new Map(), new Set(), Symbol()]', 3],
    'Map as a type': 'export const f = (m: Map<string, number>): number => m.size',
    'Array.from': 'export const f = (a: number[]): number[] => Array.from(a)',
    'Number.isInteger and Math.imul': ['export const f = (a: number): boolean => Number.isInteger(Math.imul(a, 2))', 2],
    'the wall clock': 'export const f = (): number => Date.now()'
  }
})

suite('no-quotient-text', {
  accepts: {
    'a whole number in a text': 'export const f = (n: number): string => `${n} of ${n % 256}`',
    'a quotient through Math.floor': "export const f = (n: number): string => 'about ' + Math.floor(n / 1000)",
    'a quotient that stays a number': 'export const f = (n: number): number => n / 2 + 1'
  },
  refuses: {
    'a quotient in a template': 'export const f = (n: number): string => `${(n - n % 256) / 256}`',
    'a quotient joined to a text': "export const f = (n: number): string => 'about ' + n / 1000",
    'a variable that holds one': 'export function f(n: number): string { const s = n / 1000\n return `${s} s` }'
  }
})

suite('no-builtin-alias', {
  accepts: {
    'a built-in called where it stands': 'export const f = (n: number): string => String.fromCharCode(Math.floor(n))',
    'a method called where it stands': 'export function f(l: number[]): void { l.push(1) }',
    'a constant': 'export const f = (): number => Math.PI'
  },
  refuses: {
    'String.fromCharCode by another name': 'const chr = String.fromCharCode\nexport { chr }',
    'Math.floor handed over': 'export const f = (l: number[]): number[] => l.map(Math.floor)',
    'a method of an array by another name': 'export const f = (l: number[]): unknown => l.push',
    'a method of a string by another name': 'export const f = (s: string): unknown => s.charCodeAt',
    'a built-in object by another name': 'const M = Math\nexport { M }'
  }
})
