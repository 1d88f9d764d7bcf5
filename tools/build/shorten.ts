/**
 * Shorter JavaScript of the same meaning, which neither the dialect (Lua has no `+=`) nor esbuild writes: `a.n = a.n + 1`
 * becomes `a.n++`, and `undefined`, which esbuild prints as `void 0`, becomes a variable that minifies to one letter.
 * On Espruino both are a little faster as well.
 */
import ts from 'typescript'
import { applyEdits, type Edit } from './edits.js'
import { isPlain } from './intrinsics.js'

/** The variable that is undefined; espruino.ts declares it. */
export const NONE = '$none'

const COMPOUND = new Map([[ts.SyntaxKind.PlusToken, '+='], [ts.SyntaxKind.MinusToken, '-=']])

function bare(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) ? bare(node.expression) : node
}

function hasCall(node: ts.Node): boolean {
  return ts.isCallExpression(node) || ts.forEachChild(node, hasCall) === true
}

/**
 * The edit for `x = x + y`. With a call in `y` only where `x` is a variable: Espruino reads a member after `y`, and the
 * call might have changed it.
 */
function compound(node: ts.BinaryExpression, file: ts.SourceFile): Edit | undefined {
  if (node.operatorToken.kind !== ts.SyntaxKind.EqualsToken || !isPlain(node.left)) return undefined
  const sum = bare(node.right)
  if (!ts.isBinaryExpression(sum) || sum.left.getText(file) !== node.left.getText(file)) return undefined
  const operator = COMPOUND.get(sum.operatorToken.kind)
  if (operator === undefined || hasCall(sum.right) && !ts.isIdentifier(node.left)) return undefined
  const isStatement = ts.isExpressionStatement(node.parent) || ts.isForStatement(node.parent) && node.parent.incrementor === node
  const isOne = isStatement && sum.right.getText(file) === '1'
  return { start: node.left.end, end: node.end, text: isOne ? operator.charAt(0).repeat(2) : ` ${operator} ${sum.right.getText(file)}` }
}

function isUndefined(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node) || node.text !== 'undefined') return false
  const parent = node.parent
  // Left out by esbuild.
  if (ts.isReturnStatement(parent) || ts.isVariableDeclaration(parent)) return false
  return !(ts.isPropertyAccessExpression(parent) && parent.name === node)
}

/** A lowered text, still TypeScript, in shorter words; `usesNone` tells whether it needs `NONE`. */
export function shorten(fileName: string, source: string): { code: string; usesNone: boolean } {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.ES2022, true)
  const edits: Edit[] = []
  let usesNone = false
  const visit = (node: ts.Node): void => {
    const edit = ts.isBinaryExpression(node) ? compound(node, file) : undefined
    if (edit !== undefined) {
      edits.push(edit)
      return
    }
    if (isUndefined(node)) {
      edits.push({ start: node.getStart(file), end: node.end, text: NONE })
      usesNone = true
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { code: applyEdits(source, edits), usesNone }
}
