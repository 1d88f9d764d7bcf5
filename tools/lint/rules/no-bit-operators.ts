import type { TSESTree } from '@typescript-eslint/utils'
import type { Rule } from '../rule.js'

/** Row "n % 256, (n - n % 256) / 256, * 128". */
export const noBitOperators: Rule = {
  row: 'n % 256, (n - n % 256) / 256, * 128',
  why: 'an error in Lua 5.1, a run-time failure on a 32-bit Lua VM',
  option: undefined,
  create({ report }) {
    return {
      'BinaryExpression[operator=/^(&|\\||\\^|<<|>>>?)$/]'(node: TSESTree.BinaryExpression) {
        report(node, `the bit operator ${node.operator}: write it with %, / and *`)
      },
      'AssignmentExpression[operator=/^(&|\\||\\^|<<|>>>?)=$/]'(node: TSESTree.AssignmentExpression) {
        report(node, `the bit operator ${node.operator}: write it with %, / and *`)
      },
      'UnaryExpression[operator="~"]'(node: TSESTree.UnaryExpression) { report(node, 'the bit operator ~: write -n - 1') }
    }
  }
}
