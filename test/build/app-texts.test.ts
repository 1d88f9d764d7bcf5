/** What becomes of an application's text on the way to a board: bytes for its strings, lines for its statements. */
import { expect, it } from 'vitest'
import { bytesOfTexts } from '../../tools/build/app-texts.js'
import { statementsOnLines } from '../../tools/build/lines.js'

it.each([
  ["'21 °C'", "'21 \\xc2\\xb0C'"], ["'温'", "'\\xe6\\xb8\\xa9'"], ["'😀'", "'\\xf0\\x9f\\x98\\x80'"], ["'\\u00b0'", "'\\xc2\\xb0'"], ["'\\u{1f600}'", "'\\xf0\\x9f\\x98\\x80'"],
  ["'\\ud83d\\ude00'", "'\\xf0\\x9f\\x98\\x80'"], ["'\\xff\\0'", "'\\xff\\0'"], ["'\\\\u00b0'", "'\\\\u00b0'"], ["'\\u0041'", "'\\u0041'"], ['`${a}°${b}ü`', '`${a}\\xc2\\xb0${b}\\xc3\\xbc`']
])('the text %s of an application is its UTF-8 bytes on a board', (text, bytes) => {
  expect(bytesOfTexts('app.ts', `// é\nconst text = ${text}\n`)).toBe(`// é\nconst text = ${bytes}\n`)
})

it('statements stand on lines where that changes nothing', () => {
  const f = `function f(){${'g();'.repeat(300)}}`
  expect(statementsOnLines(`var a=1;var b=2;(a);if(a)b;else{a;b}function x(){a;b}function y(){}var c`)).toBe('var a=1\nvar b=2;(a)\nif(a)b;else{a;b}function x(){a;b}function y(){}var c')
  expect(statementsOnLines(`${f}${f}a;`)).toBe(`${f}\n${f}\na;`)
})
