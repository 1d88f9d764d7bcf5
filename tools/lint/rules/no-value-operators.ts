import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { hasFlag, parts, typed, type Node, type Rule } from '../rule.js'

/** Row "if (n > 0) ...": `||`, `&&` and `??` join conditions; they do not choose values. */
export const noValueOperators: Rule = {
  row: 'x !== undefined, not the or-operator for values',
  why: '`n || 5` keeps 0 in Lua and replaces it in JavaScript; ?? becomes a function call or a temporary',
  option: undefined,
  create(context) {
    const services = typed(context)
    const isBoolean = (node: Node) => parts(services.getTypeAtLocation(node)).every((part) => hasFlag(part, ts.TypeFlags.BooleanLike | ts.TypeFlags.Never))
    return {
      LogicalExpression(node: TSESTree.LogicalExpression) {
        if (node.operator === '??') {
          context.report(node, '?? for a value: write x === undefined ? other : x, or an if')
        } else if (!isCondition(node) && !(isBoolean(node.left) && isBoolean(node.right))) {
          context.report(node, `${node.operator} for a value that is not a boolean: write an if or ?:`)
        }
      }
    }
  }
}

/** True where only the truth of `node` counts: `strict-boolean` looks there. */
function isCondition(node: Node): boolean {
  const parent = node.parent
  if (parent === undefined) return false
  if (parent.type === 'LogicalExpression') return isCondition(parent)
  if (parent.type === 'UnaryExpression') return parent.operator === '!'
  if (parent.type === 'IfStatement' || parent.type === 'ConditionalExpression' || parent.type === 'WhileStatement' ||
    parent.type === 'DoWhileStatement' || parent.type === 'ForStatement') return parent.test === node
  return false
}
