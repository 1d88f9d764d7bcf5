import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { hasFlag, isGlobalValue, isString, memberName, parts, typed, type Rule } from '../rule.js'

/** Objects of built-in functions; the functions of Math that are one native call on every target stay allowed. */
const builtinObjects = ['String', 'Object', 'JSON', 'Number', 'Array', 'Boolean', 'Math', 'parseInt', 'parseFloat', 'isNaN', 'isFinite',
  'encodeURIComponent', 'decodeURIComponent', 'escape', 'unescape']
const allowedCalls = ['Math.floor', 'Math.min', 'Math.max', 'Math.abs']

/** Rows "byte strings through b1..b4 cat at cut" and "JS built-ins only in bytes.ts and in ports". Off for bytes.ts and the ports. */
export const bytesIntrinsics: Rule = {
  row: 'byte strings through b1..b4 cat at cut; JS built-ins only in bytes.ts and in ports',
  why: 'each built-in costs lualib code or works otherwise on a byte string, and the pipelines lower only the intrinsics',
  option: undefined,
  create(context) {
    const services = typed(context)
    return {
      MemberExpression(node) {
        const name = memberName(node)
        const ofString = parts(services.getTypeAtLocation(node.object)).some(isString)
        if (ofString && node.computed) context.report(node, 'an index into a string: at(s, i) gives the byte')
        else if (!ofString && isForeign(services.getTypeAtLocation(node.object), name)) context.report(node, `.${name ?? 'computed'}() of a number or a function`)
        else if (ofString && name !== 'length') context.report(node, `.${name ?? 'computed'} of a string: only .length and the intrinsics of bytes.ts`)
      },
      Identifier(node) {
        if (!builtinObjects.includes(node.name) || !isGlobalValue(context, node)) return
        const call = calledAs(node)
        if (!allowedCalls.includes(call)) context.report(node, `${call}: a JavaScript built-in outside bytes.ts and the ports`)
      },
      ForOfStatement(node) {
        if (parts(services.getTypeAtLocation(node.right)).some(isString)) context.report(node.right, 'for..of over a string')
      }
    }
  }
}

/** `n.toString()` prints 128.0 in Lua 5.3 where n was divided; `f.call`, `f.apply` and `f.bind` are library code. */
function isForeign(type: ts.Type, name: string | undefined): boolean {
  if (name === undefined) return false
  if (parts(type).some((part) => hasFlag(part, ts.TypeFlags.NumberLike))) return true
  return ['call', 'apply', 'bind', 'length', 'name', 'toString'].includes(name) && type.getCallSignatures().length > 0
}

function calledAs(node: TSESTree.Identifier): string {
  const parent = node.parent
  return parent.type === 'MemberExpression' && parent.object === node ? `${node.name}.${memberName(parent) ?? ''}` : node.name
}
