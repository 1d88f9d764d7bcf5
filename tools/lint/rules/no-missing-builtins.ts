import type { TSESTree } from '@typescript-eslint/utils'
import { isGlobalValue, memberName, type Node, type Rule } from '../rule.js'

const typedArrays = ['Uint8Array', 'Int8Array', 'Uint8ClampedArray', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array',
  'Float64Array', 'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Buffer', 'TextEncoder', 'TextDecoder']
const collections = ['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Symbol', 'Proxy', 'Reflect', 'BigInt', 'Intl', 'Atomics']
const machine = ['Date', 'process', 'global', 'globalThis', 'window', 'self', 'document', 'performance', 'require', 'eval', 'Function',
  'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'queueMicrotask', 'structuredClone', 'console', 'fetch', 'RegExp']
/** Static functions that Espruino lacks, and those that are 3 to 7 KB of Lua library each. */
const absentStatics = ['Array.from', 'Array.of', 'Number.isInteger', 'Number.isSafeInteger', 'Math.imul', 'Math.trunc', 'Math.clz32', 'Math.fround',
  'Object.freeze', 'Object.fromEntries', 'String.raw', 'String.fromCodePoint', 'Object.assign', 'Object.defineProperty']

/**
 * Rows "byte strings" (no typed arrays) and "arrays without holes ..." (no Map, Set, Symbol, Array.from).
 * `machine: true` also refuses timers, clocks and the console: in firmware/ they come through the HAL.
 */
export const noMissingBuiltins: Rule<{ machine: boolean }> = {
  row: 'byte strings through b1..b4 cat at cut; arrays and records',
  why: 'absent on Espruino or in Lua, or 3 to 7 KB of Lua library each',
  option: { machine: true },
  create(context) {
    const { report, option } = context
    const what = (name: string): string | undefined => {
      if (typedArrays.includes(name)) return `${name}: typed arrays do not exist in Lua; use Bytes`
      if (collections.includes(name)) return `${name}: use an array or a record`
      if (option.machine && machine.includes(name)) return `${name}: ask the HAL`
      return undefined
    }
    return {
      Identifier(node) {
        const message = what(node.name)
        if (message !== undefined && isGlobalValue(context, node)) report(node, message)
      },
      'TSTypeReference > Identifier'(node: TSESTree.Identifier) {
        const message = typedArrays.includes(node.name) || collections.includes(node.name) ? what(node.name) : undefined
        if (message !== undefined) report(node, message)
      },
      MemberExpression(node) {
        const name = node.object.type === 'Identifier' ? `${node.object.name}.${memberName(node) ?? ''}` : ''
        if (absentStatics.includes(name)) report(node as Node, name)
      }
    }
  }
}
