import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { applyEdits } from '../../tools/build/edits.js'
import { foldFlags } from '../../tools/build/fold.js'
import { lowerToJs, markIntrinsics } from '../../tools/build/intrinsics.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { shortNames } from '../../tools/build/rename.js'

const IMPORT = "import { ascii, at, b1, b2, b3, b4, cat, cut, find, join, keep, plain, u16 } from './bytes.js'\n"

function sourceFile(text: string): ts.SourceFile {
  return ts.createSourceFile('/firmware/sample.ts', text, ts.ScriptTarget.ES2022, true)
}

function lowered(expression: string, copies = false): string {
  const marked = markIntrinsics(sourceFile(`${IMPORT}x = ${expression}`))
  expect(marked.problems).toEqual([])
  return lowerToJs('/firmware/sample.ts', marked.code, copies).code.slice(IMPORT.length + 4)
}

/** tiny has every flag off but for those switched on here. */
function folded(text: string): string {
  const { code, problems } = foldFlags(sourceFile(text), flagsOf('tiny', { FEATURE_V5: true }))
  expect(problems).toEqual([])
  return code.replace(/\s+/g, ' ').trim()
}

describe('an intrinsic in JavaScript', () => {
  it.each([
    ['b1(a)', '$chr(a)'],
    ['b4(1, a + 2, f(b), c)', '$chr(1, a + 2, f(b), c)'],
    ['at(s, i + 1)', 's.charCodeAt(i + 1)'],
    ['at(a.b, 0)', 'a.b.charCodeAt(0)'],
    ['cut(s, from, to)', 's.substring(from, to)'],
    ['cat(a, b, c)', '(a + b + c)'],
    ['cat(a ? b : c, d)', '((a ? b : c) + d)'],
    ['cat(a, b as Bytes)', '(a + (b as Bytes))'],
    ['cat(b1(1), cat(a, b2(2, 3)), cut(s, 0, n))', '($chr(1) + (a + $chr(2, 3)) + s.substring(0, n))'],
    ['at(cat(a, b), 0)', '(a + b).charCodeAt(0)'],
    ['cut(q ? a : b, 0, 1)', '(q ? a : b).substring(0, 1)'],
    ['find(s, part, i)', 's.indexOf(part, i)'],
    ['ascii(s)', '(!/[^\\x01-\\x7f]/.test(s))'],
    ['plain(cut(s, 0, 2))', '(!/[^\\x01-\\x22\\x24-\\x2a\\x2c-\\x7f]/.test(s.substring(0, 2)))'],
    ['keep(s)', '(s)'],
    ['join(parts)', 'parts.join("")'],
    ['u16(n)', '$chr(n >> 8, n & 255)'],
    ['u16(s.length)', '$chr(s.length >> 8, s.length & 255)'],
    ['u16(f())', 'u16(f())']
  ])('%s', (expression, js) => {
    expect(lowered(expression)).toBe(js)
  })

  it('keep copies on Node', () => {
    expect(lowered('keep(s)', true)).toBe("(' ' + (s)).substring(1)")
  })

  it('keeps the lines where they are', () => {
    expect(lowered('cat(\n  a,\n  b\n)').split('\n')).toHaveLength(4)
  })
})

describe('folding the flags', () => {
  it.each([
    ['if (FEATURE_V5) a(); else b()', 'a();'],
    ['if (FEATURE_QOS2) a(); else b()', 'b()'],
    ['if (FEATURE_QOS2) { a() }', ''],
    ['if (FEATURE_V5) { a(); b() } else { c() }', 'a(); b()'],
    ['if (FEATURE_V5) { const a = 1; b(a) }', '{ const a = 1; b(a) }'],
    ['if (x) a(); else if (FEATURE_QOS2) b()', 'if (x) a();'],
    ['if (x) a(); else if (FEATURE_QOS2) b(); else c()', 'if (x) a(); else c()'],
    ['if (x > 0 && FEATURE_QOS2) a(); else b()', 'b()'],
    ['if (f() && FEATURE_QOS2) a(); else b()', 'if (f() && false) a(); else b()'],
    ['if (x > 0 && FEATURE_V5) a()', 'if (x > 0) a()'],
    ['if (FEATURE_V5 && x > 0) a()', 'if (x > 0) a()'],
    ['if (!FEATURE_V5 || x > 0) a()', 'if (x > 0) a()'],
    ['y = FEATURE_V5 && x', 'y = x'],
    ['y = FEATURE_QOS2 && x', 'y = false'],
    ['y = FEATURE_QOS2 || x', 'y = x'],
    ['y = FEATURE_QOS2 ? a : b', 'y = b'],
    ['y = (FEATURE_V5 ? 12 : 10) + n', 'y = (12) + n'],
    ['y = !FEATURE_QOS2', 'y = true'],
    ['f(FEATURE_V5, FEATURE_QOS2)', 'f(true, false)'],
    ['function f() { if (FEATURE_V5) return 1; b(); return 2 }', 'function f() { return 1; }'],
    ['function f() { if (FEATURE_QOS2) return 1; return 2 }', 'function f() { return 2 }'],
    ['while (FEATURE_V5 && x) a()', 'while (x) a()'],
    ['y = o.FEATURE_V5', 'y = o.FEATURE_V5']
  ])('%s', (text, result) => {
    expect(folded(text)).toBe(result)
  })

  it('names a flag that does not exist', () => {
    const { problems } = foldFlags(sourceFile('\nif (FEATURE_TELEPATHY) a()'), flagsOf('full'))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ line: 2 })
    expect(problems[0]!.message).toContain('FEATURE_TELEPATHY')
  })
})

describe('edits', () => {
  it('keep the number of lines and refuse to overlap', () => {
    expect(applyEdits('a\nb\nc', [{ start: 0, end: 3, text: 'x' }])).toBe('x\n\nc')
    expect(() => applyEdits('abc', [{ start: 0, end: 2, text: '' }, { start: 1, end: 3, text: '' }])).toThrow('overlap')
  })
})

describe('short names', () => {
  it('skip what is taken and the keywords of Lua, and never come twice', () => {
    const names = shortNames(new Set(['b']))
    const first = Array.from({ length: 2000 }, () => names.next().value as string)
    expect(first.slice(0, 3)).toEqual(['a', 'c', 'd'])
    expect(new Set(first).size).toBe(2000)
    for (const word of ['do', 'if', 'in', 'or', 'and', 'end', 'b']) expect(first).not.toContain(word)
  })
})
