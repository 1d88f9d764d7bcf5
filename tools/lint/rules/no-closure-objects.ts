import type { TSESTree } from '@typescript-eslint/utils'
import { functionAround, type Node, type Rule } from '../rule.js'

/** Row "plain functions on records": no object whose functions are made anew for each instance. */
export const noClosureObjects: Rule = {
  row: 'plain functions on records',
  why: 'a closure object with 3 methods takes 19 JsVars on Espruino, a record 5 or fewer',
  option: undefined,
  create({ report }) {
    const check = (node: TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression) => {
      const holder: Node = node.parent
      if (functionAround(node) === undefined) return
      if (holder.type === 'Property' && holder.parent.type === 'ObjectExpression') {
        report(node, 'an object with a function of its own, made inside a function: write a function that takes the record')
      } else if (holder.type === 'AssignmentExpression' && holder.left.type === 'MemberExpression') {
        report(node, 'a function made inside a function and stored in a record: write a function that takes the record')
      }
    }
    return { FunctionExpression: check, ArrowFunctionExpression: check }
  }
}
