import { expect, test } from 'vitest'
import { hoistLiterals } from '../../tools/build/hoist.js'

const span = 'f(1073741824),g(1073741824),h(1073741824)'

test('a long literal that is written often becomes a variable at the top', () => {
  expect(hoistLiterals(span)).toBe('var aa=1073741824;f(aa),g(aa),h(aa)')
})

test('the words around it stay words', () => {
  const source = 'function f(x){if(x)return"rejected";return"rejected"in x?"rejected":0}'
  expect(hoistLiterals(source)).toBe('var aa="rejected";function f(x){if(x)return aa;return aa in x?aa:0}')
})

test('what would not become smaller stays', () => {
  for (const source of ['f(1000),g(1000)', 'f(""),g(""),h("")', span.slice(0, 13)]) expect(hoistLiterals(source)).toBe(source)
})

test('property names and directives are not literals', () => {
  const source = '"use strict";var a={"long-name":1},b={"long-name":2},c={"long-name":3}'
  expect(hoistLiterals(source)).toBe(source)
})

test('a name that the bundle mentions is not taken', () => {
  expect(hoistLiterals(`var aa,x=y.ab;${span}`)).toBe(`var ac=1073741824;var aa,x=y.ab;${span.replaceAll('1073741824', 'ac')}`)
})
