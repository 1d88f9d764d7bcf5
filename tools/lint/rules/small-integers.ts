import type { TSESTree } from '@typescript-eslint/utils'
import type { Node, Rule } from '../rule.js'

const limit = 2147483648

/** Row "integers below 2^31": literals, and sums and products of literals. */
export const smallIntegers: Rule = {
  row: 'integers below 2^31',
  why: 'LuatOS numbers are int32 and float32',
  option: undefined,
  create({ report }) {
    return {
      Literal(node) {
        if (typeof node.value === 'number' && Math.abs(node.value) >= limit) report(node, `${node.raw} is 2^31 or more`)
      },
      BinaryExpression(node) {
        const value = constant(node)
        if (value === undefined || Math.abs(value) < limit) return
        const inner = [constant(node.left), constant(node.right)]
        if (inner.every((part) => part !== undefined && Math.abs(part) < limit)) report(node, `this comes to ${value}, which is 2^31 or more`)
      }
    }
  }
}

/** The value of a number or of an expression of numbers; undefined when it depends on anything else. */
function constant(node: TSESTree.Expression | TSESTree.PrivateIdentifier | Node): number | undefined {
  if (node.type === 'Literal') return typeof node.value === 'number' ? node.value : undefined
  if (node.type === 'UnaryExpression' && node.operator === '-') {
    const value = constant(node.argument)
    return value === undefined ? undefined : -value
  }
  if (node.type !== 'BinaryExpression') return undefined
  const left = constant(node.left)
  const right = constant(node.right)
  if (left === undefined || right === undefined) return undefined
  if (node.operator === '+') return left + right
  if (node.operator === '-') return left - right
  if (node.operator === '*') return left * right
  return undefined
}
