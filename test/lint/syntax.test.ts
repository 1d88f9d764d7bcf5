/** Rules about what Espruino parses and what order it wants. */
import { describe, expect, it } from 'vitest'
import { complaints, complaintsAbout, suite } from './lint.js'

suite('declare-before-use', {
  accepts: {
    'a function that stands above its caller': 'function low(): number { return 1 }\nexport function high(): number { return low() }',
    'a type used above its declaration': 'export function f(a: Later): Later { return a }\ninterface Later { n: number }',
    'a const enum, which is gone after compiling': 'export function f(): number { return Kind.A }\nconst enum Kind { A = 1 }',
    'a function that calls itself': 'export function f(n: number): number { return n > 0 ? f(n - 1) : 0 }'
  },
  refuses: {
    'a function called above its declaration': 'export function high(): number { return low() }\nfunction low(): number { return 1 }',
    'a variable read above its declaration': 'export function f(): number { return n }\nconst n = 1',
    'a class made above its declaration': 'export const made = new Client()\nclass Client {}'
  }
})

describe('dialect/no-import-cycle', () => {
  it('refuses both imports of a circle and names the way round', () => {
    expect(complaintsAbout('no-import-cycle', 'first.ts')[0]).toContain('first.ts -> second.ts -> first.ts')
    expect(complaintsAbout('no-import-cycle', 'second.ts')).toHaveLength(1)
  })

  it('accepts a circle of types', () => {
    expect(complaintsAbout('no-import-cycle', 'alone.ts')).toEqual([])
  })
})

describe('dialect/portable-imports', () => {
  const option = { root: import.meta.dirname, allow: ['fixtures/', 'lint.ts'], typesOnly: ['lint.ts'] }
  const check = (code: string) => complaints('portable-imports', code, option)

  it('accepts the own folder, and types from the contract', () => {
    expect(check("import { first } from './first.js'\nimport type { Cases } from '../lint.js'\nexport { first }\nexport type { Cases }")).toEqual([])
  })

  it('accepts the const enums of the contract, which leave no import', () => {
    expect(check("import { LinkCode, type Socket } from '../lint.js'\nexport function f(s: Socket): number { return LinkCode.Reset }")).toEqual([])
  })

  it.each([
    ['a Node module', "import { connect } from 'node:net'\nconnect(1)"],
    ['a package', "import mqtt from 'mqtt'\nexport default mqtt"],
    ['a path without .js', "import { first } from './first'\nfirst()"],
    ['a folder above', "import { x } from '../../build/x.js'\nx()"],
    ['a value from the contract', "import { complaints } from '../lint.js'\ncomplaints()"],
    ['an export of a package', "export * from 'mqtt'"],
    ['a dynamic import', "export const x = import('./first.js')"]
  ])('[S1-05] refuses %s in the core', (_what, code) => {
    expect(check(code)).toHaveLength(1)
  })
})

suite('no-unparsed-syntax', {
  accepts: {
    'plain parameters, fields and loops': 'export function f(a: number, b?: number): number { if (b === undefined) return a\n const r = { a, b: b }\n for (let i = 0; i < 3; i++) r.b = r.b + i\n return r.b }',
    'a switch whose default comes last': 'export function f(a: number): number { switch (a) { case 1: return 2\n default: return 3 } }',
    'a field read by a computed name': 'export function f(r: Record<string, number>, k: string): number { return r[k]! }'
  },
  refuses: {
    'a default parameter': 'export function f(a = 1): number { return a }',
    'a rest parameter': 'export function f(...a: number[]): number { return a.length }',
    'a spread argument': 'export function f(g: (a: number, b: number) => void, l: [number, number]): void { g(...l) }',
    'a spread in an array': 'export const f = (l: number[]): number[] => [...l]',
    'a spread in an object': 'export const f = (l: object): object => ({ ...l })',
    'an object taken apart': 'export function f(r: { a: number }): number { const { a } = r\n return a }',
    'an array taken apart': 'export function f(r: number[]): number { const [a] = r\n return a! }',
    'a parameter taken apart': 'export function f({ a }: { a: number }): number { return a }',
    'a computed property name': 'export const f = (k: string): object => ({ [k]: 1 })',
    'optional chaining': 'export const f = (r?: { a: number }): number | undefined => r?.a',
    'the power operator': 'export const f = (a: number): number => a ** 2',
    'a logical assignment': 'export function f(a?: number): number { a ??= 1\n return a }',
    'a label': 'export function f(): void { out: for (;;) { break out } }',
    'default before a case': 'export function f(a: number): number { switch (a) { default: return 1\n case 2: return 3 } }',
    'a BigInt': 'export const n = 1n',
    'a regular expression': 'export const r = /a/',
    'a tagged template': 'export const t = String.raw`a`',
    'new.target': 'export function f(): unknown { return new.target }',
    'arguments': 'export function f(): number { return arguments.length }',
    'a namespace': 'export namespace N { export const a = 1 }',
    'the comma operator': 'export function f(a: number): number { return (a, 2) }'
  }
})

suite('optional-parameters', {
  accepts: {
    'a test with === undefined': 'export function f(a?: number): number { return a === undefined ? 0 : a }',
    'a test with !== undefined beside another': 'export function f(a?: number): boolean { return a !== undefined && a > 1 }',
    'a boolean parameter that is not optional': 'export function f(a: boolean): number { if (a) return 1\n return 0 }'
  },
  refuses: {
    'the truth of an optional object': 'export function f(a?: { n: number }): number { if (a) return a.n\n return 0 }',
    'its negation': 'export function f(a?: boolean): number { return !a ? 1 : 0 }',
    'its truth beside another': 'export function f(a?: { n: number }): boolean { return a && a.n > 0 ? true : false }',
    'a test against null': 'export function f(a?: number): boolean { return a == null }',
    'typeof': "export function f(a?: number): boolean { return typeof a === 'undefined' }"
  }
})

suite('const-enum', {
  accepts: { 'a const enum': 'export const enum Kind { A, B }' },
  refuses: { 'an ordinary enum': 'export enum Kind { A, B }' }
})

suite('no-inner-assignments', {
  accepts: {
    'i++ as a statement': 'export function f(i: number): number { i++\n return i }',
    'i++ as the last part of a for': 'export function f(): void { for (let i = 0; i < 3; i++) { /* nothing */ } }',
    'x = x + 1': 'export function f(x: number): number { x = x + 1\n return x }'
  },
  refuses: {
    'i++ as an index': 'export function f(l: number[], i: number): number { return l[i++]! }',
    '--i as a condition': 'export function f(i: number): void { while (--i > 0) { /* nothing */ } }',
    'an assignment as a condition': 'export function f(g: () => number, x: number): void { while ((x = g()) > 0) { /* nothing */ } }',
    'two assignments in one': 'export function f(a: number, b: number): number { a = b = 1\n return a + b }'
  }
})

suite('no-hot-switch', {
  accepts: { 'a chain of ifs': 'export function f(a: number): number { if (a === 1) return 2\n return 3 }' },
  refuses: { 'a switch': 'export function f(a: number): number { switch (a) { case 1: return 2\n default: return 3 } }' }
})

suite('ascii-source', {
  accepts: {
    'ASCII with the usual escapes': "export const s = 'a\\tb\\x00\\\\u'",
    'a literal with byte 0x7F': "export const s = '\\x7f'"
  },
  refuses: {
    'a character beyond ASCII in a comment': '// 1 \u20ac\nexport {}',
    'a \\u escape': "export const s = '\\u00e9'",
    'a \\u escape in a template': 'export const s = `\\u00e9`',
    'a byte above 0x7F in a literal': "export const s = '\\xff'"
  }
})

suite('function-limits', {
  option: { locals: 4, upvalues: 2 },
  accepts: {
    'a function within both limits': 'const a = 1\nconst b = 2\nexport function f(x: number): number { const y = a + b\n return x + y }',
    'types, which take no local': 'interface A { a: 1 }\ninterface B { a: 1 }\ninterface C { a: 1 }\ntype D = A | B | C\ntype E = D | A\nexport type F = E'
  },
  refuses: {
    'a function with too many locals': 'export function f(a: number, b: number): number { const c = a\n for (const d of [b]) { const e = d\n if (e > 0) return c }\n return 0 }',
    'a module with too many locals': 'const a = 1, b = 1, c = 1, d = 1\nexport const e = a + b + c + d',
    'a function with too many upvalues': 'const a = 1, b = 1, c = 1\nexport function f(): number { return a + b + c }'
  }
})
