import { describe, expect, it } from 'vitest'
import { checkEspruino } from '../../tools/build/espruino-check.js'

function messages(code: string): string[] {
  return checkEspruino(code, 'bundle').map(one => one.message)
}

/** What does not run there, with a word of the message that says so. */
const REFUSED: [string, string, string][] = [
  ['a default parameter', 'function f(a=1){return a}', 'default value'],
  ['a rest parameter', 'function f(...a){return a}', 'rest element'],
  ['spread in a call', 'f(...[1])', 'spread'],
  ['spread in an array', 'var a=[...b]', 'spread'],
  ['spread in an object', 'var a={...b}', 'spread'],
  ['object destructuring', 'var {a}=b', 'destructuring'],
  ['array destructuring', 'var [a]=b', 'destructuring'],
  ['destructured parameters', 'function f({a}){return a}', 'destructuring'],
  ['a computed property', 'var a={[b]:1}', 'computed property name'],
  ['a computed method', 'class A{[b](){}}', 'computed method name'],
  ['optional chaining', 'a?.b', 'optional chaining'],
  ['an optional call', 'a?.()', 'optional chaining'],
  ['the power operator', 'var a=2**3', 'operator **'],
  ['power assignment', 'a**=3', 'operator **='],
  ['?? assignment', 'a??=3', 'operator ??='],
  ['|| assignment', 'a||=3', 'operator ||='],
  ['&& assignment', 'a&&=3', 'operator &&='],
  ['a labelled loop', 'x:for(;;)break x', 'label x'],
  ['default before a case', 'switch(a){default:b();case 1:c()}', 'default before a case'],
  ['a private field', 'class A{#a=1}', 'private member #a'],
  ['a private method', 'class A{#a(){}}', 'private member #a'],
  ['a static block', 'class A{static{f()}}', 'static block'],
  ['a field without a value', 'class A{a;}', 'class field without a value'],
  ['a class that extends Error', 'class A extends Error{}', 'extends Error'],
  ['an async function', 'async function f(){}', 'async function'],
  ['an async arrow', 'var f=async()=>1', 'async function'],
  ['a generator', 'function*f(){}', 'generator'],
  ['a tagged template', 'f`a`', 'tagged template'],
  ['new.target', 'function f(){return new.target}', 'new.target'],
  ['BigInt', 'var a=1n', 'BigInt'],
  ['import()', 'import("a")', 'import()'],
  ['an import declaration', 'import a from "a"', 'does not parse'],
  ['a function named `of`', 'function of(){}', 'name of (a reserved word there)'],
  ['a variable named `of`', 'var of=1', 'name of'],
  ['a parameter named `of`', 'function f(of){return 1}', 'name of'],
  ['a use of `of`', 'f(of)', 'name of'],
  ['`of` as a shorthand property', 'var a={of}', 'name of'],
  ['a variable named `static`', 'var static=1', 'name static'],
  ['a variable named `let`', 'var let=1', 'name let'],
  ['a parameter named `undefined`', 'function f(undefined){}', 'name undefined'],
  ['a variable named `undefined`', 'function f(){var undefined}', 'name undefined'],
  ['a method named `delete`', 'class A{delete(){}}', 'name delete'],
  ['a field named `in`', 'class A{in=1}', 'name in'],
  ['an accessor named `of`', 'var a={get of(){return 1}}', 'name of'],
  ['Map', 'new Map()', 'Map does not exist'],
  ['Set', 'new Set()', 'Set does not exist'],
  ['WeakMap', 'new WeakMap()', 'WeakMap does not exist'],
  ['Symbol', 'Symbol("a")', 'Symbol does not exist'],
  ['TextEncoder', 'new TextEncoder()', 'TextEncoder does not exist'],
  ['queueMicrotask', 'queueMicrotask(f)', 'queueMicrotask does not exist'],
  ['Array.from', 'Array.from(a)', 'Array.from'],
  ['Math.imul', 'Math.imul(1,2)', 'Math.imul'],
  ['Number.isInteger', 'Number.isInteger(1)', 'Number.isInteger'],
  ['Object.freeze', 'Object.freeze(a)', 'Object.freeze'],
  ['flat', 'a.flat()', 'method flat'],
  ['codePointAt', 'a.codePointAt(0)', 'method codePointAt'],
  ['a closure over a for variable', 'for(let i=0;i<3;i++)a.push(()=>i)', 'closure over the loop variable i'],
  ['a closure over a const of a loop body', 'while(a()){const b=c();d(function(){return b})}', 'closure over the loop variable b'],
  ['a closure over the variable of a for-of', 'for(const b of c)d(()=>b)', 'closure over the loop variable b'],
  ['a look-ahead in a regex', 'var a=/a(?=b)/', 'regex group'],
  ['a named group in a regex', 'var a=/(?<a>b)/', 'regex group'],
  ['the u flag of a regex', 'var a=/a/u', 'regex flags'],
  ['a non-ASCII character', 'var a="\u00e9"', 'non-ASCII'],
  ['a \\u escape in a string', 'var a="\\u20ac"', '\\u escape'],
  ['a \\u escape behind an escaped backslash', 'var a="\\\\\\u20ac"', '\\u escape'],
  ['a syntax error', 'var a=', 'does not parse'],

  ['a function called before its declaration', 'f();function f(){}', 'f is used before its declaration'],
  ['a function stored before its declaration', 'var a={f:f};function f(){}', 'f is used before its declaration'],
  ['a class made before its declaration', 'new A();class A{}', 'A is used before its declaration'],
  ['a class extended before its declaration', 'class B extends A{}class A{}', 'A is used before its declaration'],
  ['a const read before its declaration', 'f(a);const a=1', 'a is used before its declaration'],
  ['a var read before its declaration', 'f(a);var a=1', 'a is used before its declaration'],
  ['a let in its own value', 'let a=a', 'a is used before its declaration'],
  ['a nested function called before its declaration', 'function f(){g();function g(){}}', 'g is used before its declaration'],
  ['a nested const read before its declaration', 'function f(){h(a);const a=1}', 'a is used before its declaration'],
  ['a call at load time that reaches a later function', 'function f(){g()}f();function g(){}', 'this call reaches g'],
  ['a call at load time that reaches a later const two calls away', 'function f(){g()}function g(){h(a)}var b=f();const a=1', 'this call reaches a'],
  ['a new at load time whose methods reach a later function', 'class A{m(){g()}}var a=new A();a.m();function g(){}', 'this call reaches g'],
  ['a callback run at load time that reaches a later function', 'h(function(){g()});function g(){}', 'this call reaches g'],
  ['an object method called at load time', 'var o={m(){return g()}};o.m();function g(){}', 'this call reaches g'],
  ['an immediately called function', '(function(){g()})();function g(){}', 'this call reaches g'],
  ['a call inside a function that reaches its own later variable', 'function f(){function g(){return a}g();var a=1}', 'this call reaches a']
]

/** What does run there and must not be refused. */
const ACCEPTED: [string, string][] = [
  ['functions that call each other later', 'function f(n){return n>0?g(n-1):0}function g(n){return f(n)}exports.f=f'],
  ['a recursive function', 'function f(n){return n>0?f(n-1):0}exports.f=f;f(3)'],
  ['a later function used inside an earlier one that is not called at load', 'function f(){g()}function g(){}exports.f=f'],
  ['a class that makes itself', 'class A{m(){return new A()}}new A().m()'],
  ['inheritance, fields with values, statics, accessors', 'class A{a=1;static s=2;get g(){return this.a}}class B extends A{constructor(){super();this.b=1}}new B()'],
  ['template literals, arrows, for-of, for-in', 'var a=[1];for(const b of a)f(`x${b}`);for(var k in a)f(k);var g=x=>x+1;g(1);function f2(){}'.replace('f(`', 'print(`').replace('f(k)', 'print(k)')],
  ['?? and a switch with default last', 'function f(a){switch(a??1){case 1:return 2;default:return 3}}exports.f=f'],
  ['try without a binding', 'function f(){try{g2()}catch{return 1}}var g2=1;exports.f=f'],
  ['the enum that esbuild writes', 'var a=(n=>(n[n.X=0]="X",n))(a||{});exports.a=a'],
  ['typeof of an absent name', 'exports.a=typeof Map==="undefined"'],
  ['a property that is called like an absent global', 'var a={Map:1};exports.a=a.Map'],
  ['a closure that reaches no loop variable', 'var n=0;for(let i=0;i<3;i++)f(function(){n=n+1});'.replace('f(', 'print(')],
  ['bytes as \\x escapes', 'exports.a="\\xff\\0\\x80"'],
  ['an escaped backslash before a u', 'exports.a="\\\\u0041"'],
  ['a plain regex', 'exports.a=/^a(?:b|c)+$/g'],
  ['reserved words as members of objects', 'var a={of:1,in:2,delete:3};exports.a=a.of+a.in+a.delete'],
  ['undefined as a value', 'exports.f=function(a){return a===undefined?undefined:a};exports.g=a=>undefined'],
  ['shorthand properties and methods', 'var a=1;exports.o={a,m(){return 1}}']
]

describe('the check of an Espruino bundle', () => {
  for (const [what, code, message] of REFUSED) {
    it(`refuses ${what}`, () => {
      expect(messages(code).join('\n')).toContain(message)
    })
  }
  for (const [what, code] of ACCEPTED) {
    it(`accepts ${what}`, () => {
      expect(messages(code)).toEqual([])
    })
  }
})
