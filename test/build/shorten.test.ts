import { describe, expect, test } from 'vitest'
import { NONE, shorten } from '../../tools/build/shorten.js'

function short(source: string): string {
  return shorten('sample.ts', source).code
}

describe('shorter JavaScript for Espruino', () => {
  test.each([
    ['i = i + 1', 'i++'],
    ['a.b.n = a.b.n - 1', 'a.b.n--'],
    ['for (let i = 0; i < 9; i = i + 1) f(i)', 'for (let i = 0; i < 9; i++) f(i)'],
    ['a.n = a.n + m', 'a.n += m'],
    ['s = (s + (p))', 's += (p)'],
    ['n = n - (a - b)', 'n -= (a - b)'],
    ['n = n + f()', 'n += f()'],
    ['x = n = n + 1', 'x = n += 1']
  ])('%s becomes %s', (source, expected) => {
    expect(short(source)).toBe(expected)
  })

  test.each([
    ['a sum of three, whose parts would be added in another order', 's = s + a + b'],
    ['another variable', 'n = m + 1'],
    ['the second operand', 'n = 1 - n'],
    ['a member that the call on the right may change, since Espruino reads it after the call', 'a.n = a.n + f(a)'],
    ['a member of what a call gives', 'f().n = f().n + 1'],
    ['other operators', 'n = n * 2']
  ])('%s stays', (_what, source) => {
    expect(short(source)).toBe(source)
  })

  test('undefined becomes a variable, except as a type, a member, a result and an initial value', () => {
    expect(short('if (x === undefined) f(a, undefined)')).toBe(`if (x === ${NONE}) f(a, ${NONE})`)
    const kept = 'let x: string | undefined = undefined; const f = (): undefined => { return undefined }; g(a.undefined)'
    expect(shorten('sample.ts', kept)).toEqual({ code: kept, usesNone: false })
  })

  test('lines stay where they are', () => {
    expect(short('n = n +\n  m\nx = undefined')).toBe(`n += m\n\nx = ${NONE}`)
  })
})
