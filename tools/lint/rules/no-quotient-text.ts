import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { bare, hasFlag, isString, parts, typed, type Node, type Rule, type RuleContext } from '../rule.js'

/** Row "n % 256, (n - n % 256) / 256": a quotient goes through Math.floor before it becomes text. */
export const noQuotientText: Rule = {
  row: 'a quotient becomes text only through Math.floor',
  why: 'Lua 5.3 divides into a float, whose text is "128.0"',
  option: undefined,
  create(context) {
    const services = typed(context)
    const check = (node: Node) => {
      const isNumber = parts(services.getTypeAtLocation(node)).some((part) => hasFlag(part, ts.TypeFlags.NumberLike))
      if (isNumber && isQuotient(context, node)) context.report(node, 'a quotient as text: Math.floor it first')
    }
    return {
      TemplateLiteral(node) { for (const expression of node.expressions) check(expression) },
      'BinaryExpression[operator="+"]'(node: TSESTree.BinaryExpression) {
        if (parts(services.getTypeAtLocation(node)).some(isString)) {
          check(node.left)
          check(node.right)
        }
      }
    }
  }
}

/** True for `a / b`, sums and products of one, and a variable that was given one. */
function isQuotient(context: RuleContext<unknown>, given: Node): boolean {
  const node = bare(given)
  if (node.type === 'BinaryExpression') return node.operator === '/' || isQuotient(context, node.left) || isQuotient(context, node.right)
  if (node.type === 'ConditionalExpression') return isQuotient(context, node.consequent) || isQuotient(context, node.alternate)
  if (node.type !== 'Identifier') return false
  const variable = context.source.getScope(node).references.find((reference) => reference.identifier === node)?.resolved
  const definition = variable?.defs[0]
  return definition?.type === 'Variable' && definition.node.init !== null && definition.node.init !== undefined && isQuotient(context, definition.node.init)
}
