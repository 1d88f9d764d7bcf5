import { isBytes, typed, type Node, type Rule } from '../rule.js'

/** Row "byte strings through ... cat": no `a + b + c` on bytes. Off for bytes.ts, which says what `cat` means. */
export const noBytesPlus: Rule = {
  row: 'byte strings through b1..b4 cat at cut',
  why: 'a + b + c loses Lua\'s one flat join, 15 to 22 % slower, and makes a string for each +',
  option: undefined,
  create(context) {
    const services = typed(context)
    const isOne = (node: Node) => isBytes(services.getTypeAtLocation(node))
    return {
      BinaryExpression(node) {
        if (node.operator === '+' && (isOne(node.left) || isOne(node.right))) context.report(node, '+ on Bytes: cat(a, b, ...)')
      },
      AssignmentExpression(node) {
        if (node.operator === '+=' && (isOne(node.left) || isOne(node.right))) context.report(node, '+= on Bytes: collect the parts and join(parts) once')
      },
      TemplateLiteral(node) {
        for (const expression of node.expressions) if (isOne(expression)) context.report(expression, 'Bytes in a template: cat(a, b, ...)')
      }
    }
  }
}
