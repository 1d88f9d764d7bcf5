import { describe, expect, it } from 'vitest'
import { checkLua, checkSameProgram } from '../../tools/build/lua-check.js'
import { minifyLua } from '../../tools/build/lua-minify.js'
import { callFengari } from './support/run.js'

function messages(code: string): string {
  return checkLua(code, 'bundle').map(one => `${one.line} ${one.message}`).join('\n')
}

const many = (count: number, each: (i: number) => string): string => Array.from({ length: count }, (_, i) => each(i)).join('\n')

const REFUSED: [string, string, string][] = [
  ['goto', 'for i = 1, 3 do goto continue ::continue:: end', 'goto and labels'],
  ['a bit operator', 'local a = 1 & 2', 'operator & is not'],
  ['a shift', 'local a = 1 << 2', 'operator << is not'],
  ['integer division', 'local a = 4 // 2', 'operator // is not'],
  ['a syntax error', 'local a =', 'does not parse'],
  ['pcall', 'pcall(f)', 'global pcall: a yield inside pcall fails on Lua 5.1'],
  ['xpcall', 'local a\nxpcall(a)', '2 Lua: global xpcall'],
  ['error', 'error("x")', 'global error: an uncaught error restarts'],
  ['bit.band', 'local a = bit.band(1, 2)', 'global bit: not on 5.3'],
  ['a JavaScript class that became nil', 'local a = __TS__New(Uint8Array, 4)', 'global Uint8Array: not a global of every Lua'],
  ['unpack, which 5.3 lacks', 'local a = unpack({})', 'global unpack'],
  ['table.unpack, which 5.1 lacks', 'local a = table.unpack({})', 'table.unpack: not on every Lua'],
  ['string.pack, which 5.1 lacks', 'local a = string.pack("b", 1)', 'string.pack: not on every Lua'],
  ['math.pow, which 5.4 lacks', 'local a = math.pow(1, 2)', 'math.pow: not on every Lua'],
  ['a global of our own', 'counter = 1', 'global counter'],
  ['a module that was not linked', 'local a = require("other")', 'a module that was not linked'],
  ['a number above 31 bits', 'local a = 4294967295', 'number 4294967295: LuatOS integers end'],
  ['a character outside ASCII', 'local a = "\u00e9"', 'outside ASCII'],
  ['more locals than Lua 5.1 allows', many(200, i => `local v${i} = ${i}`), '200 locals; Lua 5.1 allows 200'],
  ['more upvalues than Lua 5.1 allows', `${many(60, i => `local v${i} = ${i}`)}\nlocal function f() return ${Array.from({ length: 60 }, (_, i) => `v${i}`).join(' + ')} end`, '60 upvalues']
]

const ACCEPTED: [string, string][] = [
  ['string, table and math functions of all versions', 'local a = string.char(1) .. string.sub("abc", 2) .. table.concat({ "a" }) .. math.floor(2.5)'],
  ['fields and methods named like refused globals', 'local a = { error = 1, pcall = 2 }\na.unpack = a.error + a.pcall\nlocal function f(self) return self.require end\nreturn f(a)'],
  ['many locals in blocks of their own', many(300, i => `do local v${i} = ${i} end`)],
  ['a local that hides a refused global', 'local error = 1\nreturn error']
]

describe('the check of a Lua bundle', () => {
  for (const [what, code, message] of REFUSED) {
    it(`refuses ${what}`, () => { expect(messages(code)).toContain(message) })
  }
  for (const [what, code] of ACCEPTED) {
    it(`accepts ${what}`, () => { expect(messages(code)).toBe('') })
  }
})

describe('the Lua minifier', () => {
  it('keeps parentheses that integers need', () => {
    const code = 'local function f(a, b, c) return a + (b - c), a * (b / c), a - (b + c), (a .. b) .. c, -(-a), a * (b * c) end\nreturn { f = f }'
    const small = minifyLua(code)
    expect(checkSameProgram(code, small, 'f')).toEqual([])
    expect(small).toContain('+(')
    expect(small).toContain('*(')
  })

  it('leaves the meaning of a program as it is', () => {
    const code = [
      'local function mix(n) local s = "" local k = n', 'while k > 0 do local low = k % 7; s = s .. low .. ";" k = (k - low) / 7 - (1 - 1) end', 'return s end',
      'local t = { a = 1, ["end"] = 2, "x" }', 'local function report() local s = mix(16807) for i, v in ipairs(t) do s = s .. i .. v end', 'return s .. t.a .. t["end"] end',
      'return { report = report }'
    ].join('\n')
    expect(callFengari(minifyLua(code), 'report').equals(callFengari(code, 'report'))).toBe(true)
  })

  it('is caught when the program is another', () => {
    const source = 'local a, b = 1, 2\nreturn a + (b - a), string.len("x")'
    expect(checkSameProgram(source, 'local x,y=1,2 return x+(y-x),string.len("x")', 'f')).toEqual([])
    for (const wrong of [
      'local x,y=1,2 return x+y-x,string.len("x")', 'local x,y=1,3 return x+(y-x),string.len("x")', 'local x,y=1,2 return x+(y-x),string.rep("x")',
      'local x,y=1,2 return x+(y-x)', 'local x,y=1,2 return z+(y-x),string.len("x")', 'local x,y=1,2 return x+(x-x),string.len("x")', 'return ('
    ]) expect(checkSameProgram(source, wrong, 'f'), wrong).toHaveLength(1)
  })
})
