import ts from 'typescript'
import { hasFlag, isString, parts, typed, type Node, type Rule } from '../rule.js'

/** Row "if (n > 0), if (s.length > 0), x !== undefined": no truth of numbers, strings or unknown values. */
export const strictBoolean: Rule = {
  row: 'if (n > 0), if (s.length > 0), x !== undefined',
  why: '0 and "" are true in Lua',
  option: undefined,
  create(context) {
    const services = typed(context)
    const check = (node: Node) => {
      // The operands are conditions of their own, seen below.
      if (node.type === 'LogicalExpression') {
        check(node.left)
        check(node.right)
        return
      }
      if (node.type === 'UnaryExpression' && node.operator === '!') return
      const bad = parts(services.getTypeAtLocation(node)).find((part) => !hasOneTruth(part))
      if (bad !== undefined) context.report(node, `the truth of a ${services.program.getTypeChecker().typeToString(bad)}`)
    }
    return {
      IfStatement(node) { check(node.test) },
      WhileStatement(node) { check(node.test) },
      DoWhileStatement(node) { check(node.test) },
      ForStatement(node) { if (node.test !== null) check(node.test) },
      ConditionalExpression(node) { check(node.test) },
      'UnaryExpression[operator="!"]'(node: Node) { if (node.type === 'UnaryExpression') check(node.argument) }
    }
  }
}

/** Booleans, objects and undefined are true or false alike in JavaScript and Lua. */
export function hasOneTruth(type: ts.Type): boolean {
  if (isString(type)) return false
  return hasFlag(type, ts.TypeFlags.BooleanLike | ts.TypeFlags.Object | ts.TypeFlags.NonPrimitive | ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void | ts.TypeFlags.Never)
}
