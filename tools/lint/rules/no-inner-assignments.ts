import type { Rule } from '../rule.js'

/** Row "x = x + 1": `i++` and `a = b` are statements of their own, or the last part of a `for`. */
export const noInnerAssignments: Rule = {
  row: 'x = x + 1',
  why: 'inside an expression it becomes five statements and four temporaries in Lua',
  option: undefined,
  create({ report }) {
    return {
      UpdateExpression(node) {
        const parent = node.parent
        if (parent.type === 'ExpressionStatement' || (parent.type === 'ForStatement' && parent.update === node)) return
        report(node, `${node.operator} inside an expression`)
      },
      AssignmentExpression(node) {
        const parent = node.parent
        if (parent.type === 'ExpressionStatement') return
        if (parent.type === 'ForStatement' && (parent.update === node || parent.init === node)) return
        report(node, 'an assignment inside an expression')
      }
    }
  }
}
