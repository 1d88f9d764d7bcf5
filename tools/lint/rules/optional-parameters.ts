import type { TSESTree } from '@typescript-eslint/utils'
import { isFunctionNode, type FunctionNode, type Node, type Rule } from '../rule.js'

/** Row "positional parameters; an optional trailing one is tested with === undefined". */
export const optionalParameters: Rule = {
  row: 'an optional trailing parameter is tested with === undefined',
  why: 'an absent argument is nil in Lua and undefined in JavaScript, and only this test means the same for 0, "" and false',
  option: undefined,
  create({ report, source }) {
    const check = (node: FunctionNode) => {
      for (const parameter of node.params) {
        if (parameter.type !== 'Identifier' || !parameter.optional) continue
        const variable = source.getDeclaredVariables(node).find((candidate) => candidate.name === parameter.name)
        for (const reference of variable?.references ?? []) {
          const use = reference.identifier as TSESTree.Identifier
          if (isTruthTest(use) || isLooseTest(use)) report(use, `${parameter.name} is optional: write ${parameter.name} === undefined or !== undefined`)
        }
      }
    }
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check }
  }
}

/** True where only the truth of `node` counts. */
function isTruthTest(node: Node): boolean {
  const parent = node.parent
  if (parent === undefined || isFunctionNode(parent)) return false
  if (parent.type === 'UnaryExpression') return parent.operator === '!'
  if (parent.type === 'LogicalExpression') return parent.left === node || isTruthTest(parent)
  if (parent.type === 'IfStatement' || parent.type === 'ConditionalExpression' || parent.type === 'WhileStatement' ||
    parent.type === 'DoWhileStatement' || parent.type === 'ForStatement') return parent.test === node
  return false
}

/** `p == null`, `p !== null`, `typeof p`. */
function isLooseTest(node: Node): boolean {
  const parent = node.parent
  if (parent?.type === 'UnaryExpression') return parent.operator === 'typeof'
  if (parent?.type !== 'BinaryExpression') return false
  if (parent.operator === '==' || parent.operator === '!=') return true
  const other = parent.left === node ? parent.right : parent.left
  return other.type === 'Literal' && other.value === null
}
