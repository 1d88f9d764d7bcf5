/**
 * The byte intrinsics as Lua: `string.char`, `string.byte`, `string.sub`, one flat `..`, `table.concat`. The library
 * functions are taken into locals at the head of the bundle, where a call finds them faster than in a global table.
 */
import ts from 'typescript'
import * as lua from 'typescript-to-lua'
import { markedIntrinsic, type Intrinsic } from './intrinsics.js'

/** Local name and what it stands for. */
export const LIBRARY = {
  ____char: 'string.char',
  ____byte: 'string.byte',
  ____sub: 'string.sub',
  ____find: 'string.find',
  ____concat: 'table.concat',
  ____floor: 'math.floor'
} as const

function call(name: keyof typeof LIBRARY, args: lua.Expression[], node: ts.Node): lua.Expression {
  return lua.createCallExpression(lua.createIdentifier(name), args, node)
}

/** A 0-based index as a 1-based one; a constant at its end is added up here and not at run time. */
function plusOne(index: lua.Expression): lua.Expression {
  if (lua.isNumericLiteral(index)) return lua.createNumericLiteral(index.value + 1)
  if (lua.isBinaryExpression(index) && lua.isNumericLiteral(index.right)) {
    if (index.operator === lua.SyntaxKind.AdditionOperator) {
      return lua.createBinaryExpression(index.left, lua.createNumericLiteral(index.right.value + 1), index.operator)
    }
    if (index.operator === lua.SyntaxKind.SubtractionOperator) {
      const rest = index.right.value - 1
      return rest === 0 ? index.left : lua.createBinaryExpression(index.left, lua.createNumericLiteral(rest), index.operator)
    }
  }
  return lua.createBinaryExpression(index, lua.createNumericLiteral(1), lua.SyntaxKind.AdditionOperator)
}

/** `a .. (b .. (c .. d))`, which Lua joins in one operation, without a string for every step. */
function flat(parts: lua.Expression[]): lua.Expression {
  return parts.reduceRight((right, left) => lua.createBinaryExpression(left, right, lua.SyntaxKind.ConcatOperator))
}

/** The bytes that `ascii` and `plain` do not want, as Lua patterns. */
const OTHER = { ascii: '"[^\\1-\\127]"', plain: '"[^\\1-\\34\\36-\\42\\44-\\127]"' }

function lower(intrinsic: Intrinsic, node: ts.CallExpression, context: lua.TransformationContext): lua.Expression {
  const args = node.arguments.map(one => context.transformExpression(one))
  switch (intrinsic) {
    case 'b1': case 'b2': case 'b3': case 'b4': return call('____char', args, node)
    case 'cat': return flat(args)
    case 'at': return call('____byte', [args[0]!, plusOne(args[1]!)], node)
    case 'cut': return call('____sub', [args[0]!, plusOne(args[1]!), args[2]!], node)
    case 'find': {
      const found = call('____find', [args[0]!, args[1]!, plusOne(args[2]!), lua.createBooleanLiteral(true)], node)
      const orNone = lua.createBinaryExpression(found, lua.createNumericLiteral(0), lua.SyntaxKind.OrOperator)
      return lua.createBinaryExpression(lua.createParenthesizedExpression(orNone), lua.createNumericLiteral(1), lua.SyntaxKind.SubtractionOperator)
    }
    case 'ascii': case 'plain': {
      // Written as an identifier, because the printer would escape the backslashes of a string.
      const found = call('____find', [args[0]!, lua.createIdentifier(OTHER[intrinsic])], node)
      return lua.createBinaryExpression(found, lua.createNilLiteral(), lua.SyntaxKind.EqualityOperator)
    }
    case 'keep': return args[0]!
    case 'join': return call('____concat', args, node)
    case 'u16': {
      const low = () => lua.createBinaryExpression(context.transformExpression(node.arguments[0]!), lua.createNumericLiteral(256), lua.SyntaxKind.ModuloOperator)
      const high = lua.createBinaryExpression(
        lua.createParenthesizedExpression(lua.createBinaryExpression(args[0]!, low(), lua.SyntaxKind.SubtractionOperator)),
        lua.createNumericLiteral(256), lua.SyntaxKind.DivisionOperator)
      return call('____char', [high, low()], node)
    }
  }
}

/**
 * True where an integral float does no harm: `string.char` and `string.byte` take it, `Math.floor` is applied already.
 * Elsewhere it would spread: on 5.3 `"" + n` reads "128.0", and on LuatOS a float has 24 bits.
 */
function takesFloat(node: ts.Node): boolean {
  let parent = node.parent
  while (ts.isParenthesizedExpression(parent)) parent = parent.parent
  if (!ts.isCallExpression(parent)) return false
  return markedIntrinsic(parent) !== undefined || /^Math\.(floor|ceil)$/.test(parent.expression.getText())
}

/**
 * The typescript-to-lua plugin; it works on marked texts. A division of the dialect is exact, so its quotient is made an
 * integer again, which Lua 5.3's `/` does not give.
 */
export function byteIntrinsics(): lua.Plugin {
  return {
    visitors: {
      [ts.SyntaxKind.CallExpression]: (node, context) => {
        const intrinsic = markedIntrinsic(node)
        return intrinsic === undefined ? context.superTransformExpression(node) : lower(intrinsic, node, context)
      },
      [ts.SyntaxKind.BinaryExpression]: (node, context) => {
        const result = context.superTransformExpression(node)
        if (node.operatorToken.kind !== ts.SyntaxKind.SlashToken || takesFloat(node)) return result
        return call('____floor', [result], node)
      }
    }
  }
}
