import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { hasFlag, memberName, parts, typed, type Rule } from '../rule.js'

/** One statement of Lua each, and native on Espruino. Everything else is library code or absent. */
const cheapMethods = ['push', 'pop', 'shift']

/**
 * Row "arrays without holes, push, index loops, for..of on arrays".
 * `methods` are further array methods that a folder may use: a port may call what its own runtime has.
 */
export const plainArrays: Rule<{ methods: string[] }> = {
  row: 'arrays without holes, push, index loops, for..of on arrays',
  why: 'a hole ends a Lua array; delete is 5.5 KB of Lua library, splice 2.2 KB, the rest up to 1 KB each',
  option: { methods: [] },
  create(context) {
    const services = typed(context)
    const checker = services.program.getTypeChecker()
    const isArray = (type: ts.Type) => parts(type).some((part) => checker.isArrayType(part) || checker.isTupleType(part))
    const { report, option } = context
    return {
      'UnaryExpression[operator="delete"]'(node) { report(node, 'delete: set the field to undefined, or move the last element into the gap and pop') },
      ForInStatement(node) { report(node, 'for..in: keep a list of the names') },
      'BinaryExpression[operator=/^(in|instanceof)$/]'(node: TSESTree.BinaryExpression) {
        report(node, `the operator ${node.operator}: test the field with !== undefined`)
      },
      ForOfStatement(node) {
        if (!isArray(services.getTypeAtLocation(node.right))) report(node.right, 'for..of on something that is not an array')
      },
      ArrayExpression(node) {
        for (const element of node.elements) {
          const type = element === null || element.type === 'SpreadElement' ? undefined : services.getTypeAtLocation(element)
          if (element === null) report(node, 'an array with a hole')
          else if (type !== undefined && parts(type).some((part) => hasFlag(part, ts.TypeFlags.Undefined | ts.TypeFlags.Null))) {
            report(element, 'undefined in an array is a hole in Lua')
          }
        }
      },
      NewExpression(node) {
        if (node.callee.type === 'Identifier' && node.callee.name === 'Array') report(node, 'new Array: write [] and push')
      },
      CallExpression(node) {
        const callee = node.callee
        if (callee.type !== 'MemberExpression' || !isArray(services.getTypeAtLocation(callee.object))) return
        const name = memberName(callee) ?? 'computed'
        if (!cheapMethods.includes(name) && !option.methods.includes(name)) report(callee.property, `.${name}() of an array: an index loop`)
        else if (name === 'push' && node.arguments.length !== 1) report(node, 'push of several elements: one push each')
      },
      AssignmentExpression(node) {
        const left = node.left
        if (left.type === 'MemberExpression' && memberName(left) === 'length' && isArray(services.getTypeAtLocation(left.object))) {
          report(node, 'setting .length: pop what is too much, or start a new array')
        } else if (left.type === 'MemberExpression' && left.computed && isArray(services.getTypeAtLocation(left.object)) &&
          parts(services.getTypeAtLocation(node.right)).some((part) => hasFlag(part, ts.TypeFlags.Undefined | ts.TypeFlags.Null))) {
          report(node, 'undefined in an array is a hole in Lua')
        }
      }
    }
  }
}
