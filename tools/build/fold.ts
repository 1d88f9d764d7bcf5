/**
 * Replaces the feature flags of one source text by `true` and `false` and drops what cannot run any more: dead branches,
 * the other side of `&&`, `||` and `? :`, and statements after a return. Lines stay where they are.
 */
import ts from 'typescript'
import { applyEdits, type Edit } from './edits.js'
import type { Problem } from './problem.js'
import type { Flags } from './profiles.js'
import { shown } from './root.js'

/** Reading it changes nothing, so that it may be left out. */
export function isPure(node: ts.Expression): boolean {
  if (ts.isIdentifier(node) || ts.isLiteralExpression(node)) return true
  switch (node.kind) {
    case ts.SyntaxKind.TrueKeyword: case ts.SyntaxKind.FalseKeyword: case ts.SyntaxKind.NullKeyword: case ts.SyntaxKind.ThisKeyword: return true
    case ts.SyntaxKind.ArrowFunction: case ts.SyntaxKind.FunctionExpression: return true
    default:
  }
  if (ts.isPropertyAccessExpression(node) || ts.isParenthesizedExpression(node) || ts.isTypeOfExpression(node) || ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node)) return isPure(node.expression)
  if (ts.isElementAccessExpression(node)) return isPure(node.expression) && isPure(node.argumentExpression)
  if (ts.isPrefixUnaryExpression(node)) return node.operator !== ts.SyntaxKind.PlusPlusToken && node.operator !== ts.SyntaxKind.MinusMinusToken && isPure(node.operand)
  if (ts.isConditionalExpression(node)) return isPure(node.condition) && isPure(node.whenTrue) && isPure(node.whenFalse)
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.kind
    const assigns = operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment
    return !assigns && isPure(node.left) && isPure(node.right)
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isPure)
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every(one => ts.isShorthandPropertyAssignment(one) || ts.isMethodDeclaration(one) || (ts.isPropertyAssignment(one) && isPure(one.initializer)))
  }
  return false
}

class Folding {
  readonly edits: Edit[] = []
  readonly problems: Problem[] = []

  constructor(private readonly file: ts.SourceFile, private readonly flags: Flags) {}

  private isFlag(node: ts.Node): node is ts.Identifier {
    return ts.isIdentifier(node) && node.text.startsWith('FEATURE_') && !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node)
  }

  /** What an expression is for sure. */
  private value(node: ts.Expression): boolean | undefined {
    if (node.kind === ts.SyntaxKind.TrueKeyword) return true
    if (node.kind === ts.SyntaxKind.FalseKeyword) return false
    if (this.isFlag(node)) return Object.hasOwn(this.flags, node.text) ? this.flags[node.text as keyof Flags] : undefined
    if (ts.isParenthesizedExpression(node)) return this.value(node.expression)
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      const operand = this.value(node.operand)
      return operand === undefined ? undefined : !operand
    }
    if (ts.isBinaryExpression(node)) {
      const and = node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
      if (!and && node.operatorToken.kind !== ts.SyntaxKind.BarBarToken) return undefined
      const left = this.value(node.left)
      const right = this.value(node.right)
      if (left === !and) return left
      if (left === and) return right
      // `x > 0 && false`: false, if x may be left out.
      if (right === !and && isPure(node.left)) return right
    }
    return undefined
  }

  private ends(statement: ts.Statement): boolean {
    if (ts.isReturnStatement(statement) || ts.isThrowStatement(statement) || ts.isBreakStatement(statement) || ts.isContinueStatement(statement)) return true
    if (ts.isBlock(statement)) return statement.statements.some(one => this.ends(one))
    if (ts.isIfStatement(statement)) {
      const known = this.value(statement.expression)
      if (known === true) return this.ends(statement.thenStatement)
      if (known === false) return statement.elseStatement !== undefined && this.ends(statement.elseStatement)
      return this.ends(statement.thenStatement) && statement.elseStatement !== undefined && this.ends(statement.elseStatement)
    }
    return false
  }

  private cut(start: number, end: number, text = ''): void {
    if (end > start || text !== '') this.edits.push({ start, end, text })
  }

  private visitList(statements: ts.NodeArray<ts.Statement>): void {
    for (const [i, statement] of statements.entries()) {
      this.visit(statement)
      if (this.ends(statement) && i + 1 < statements.length) {
        this.cut(statement.end, statements[statements.length - 1]!.end)
        return
      }
    }
  }

  private visitIf(node: ts.IfStatement): void {
    const known = this.value(node.expression)
    if (known === undefined) {
      this.visitCondition(node.expression)
      this.visit(node.thenStatement)
      if (node.elseStatement === undefined) return
      const other = node.elseStatement
      // `else if (false)` without a branch of its own: the word `else` goes too.
      if (ts.isIfStatement(other) && this.value(other.expression) === false && other.elseStatement === undefined) {
        this.cut(node.thenStatement.end, other.end)
      } else {
        this.visit(other)
      }
      return
    }
    const inList = ts.isBlock(node.parent) || ts.isSourceFile(node.parent) || ts.isCaseOrDefaultClause(node.parent)
    const kept = known ? node.thenStatement : node.elseStatement
    const start = node.getStart(this.file)
    if (kept === undefined) {
      this.cut(start, node.end, inList ? '' : '{}')
      return
    }
    this.cut(start, kept.getStart(this.file))
    this.cut(kept.end, node.end)
    const declares = ts.isBlock(kept) && kept.statements.some(one => ts.isVariableStatement(one) || ts.isDeclarationStatement(one))
    if (ts.isBlock(kept) && inList && !declares) {
      this.cut(kept.getStart(this.file), kept.getStart(this.file) + 1)
      this.visitList(kept.statements)
      this.cut(kept.end - 1, kept.end)
    } else {
      this.visit(kept)
    }
  }

  /** Where only truth counts, `x && true` is `x`. */
  private visitCondition(node: ts.Expression): void {
    if (ts.isParenthesizedExpression(node)) return this.visitCondition(node.expression)
    if (ts.isBinaryExpression(node) && this.value(node) === undefined) {
      const and = node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
      if (and || node.operatorToken.kind === ts.SyntaxKind.BarBarToken) {
        if (this.value(node.left) === and) {
          this.cut(node.left.getStart(this.file), node.right.getStart(this.file))
          return this.visitCondition(node.right)
        }
        if (this.value(node.right) === and) {
          this.cut(node.left.end, node.end)
          return this.visitCondition(node.left)
        }
        this.visitCondition(node.left)
        return this.visitCondition(node.right)
      }
    }
    this.visit(node)
  }

  visit(node: ts.Node): void {
    if (ts.isSourceFile(node) || ts.isBlock(node)) return this.visitList(node.statements)
    if (ts.isCaseOrDefaultClause(node)) {
      if (ts.isCaseClause(node)) this.visit(node.expression)
      return this.visitList(node.statements)
    }
    if (ts.isIfStatement(node)) return this.visitIf(node)
    if (ts.isWhileStatement(node)) {
      this.visitCondition(node.expression)
      return this.visit(node.statement)
    }
    if (ts.isConditionalExpression(node)) {
      const known = this.value(node.condition)
      if (known !== undefined) {
        const kept = known ? node.whenTrue : node.whenFalse
        this.cut(node.getStart(this.file), kept.getStart(this.file))
        this.cut(kept.end, node.end)
        return this.visit(kept)
      }
      this.visitCondition(node.condition)
      this.visit(node.whenTrue)
      return this.visit(node.whenFalse)
    }
    if (ts.isExpression(node)) {
      const known = this.value(node)
      if (known !== undefined) {
        const isLiteral = node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword
        if (!isLiteral) this.cut(node.getStart(this.file), node.end, String(known))
        return
      }
      if (ts.isBinaryExpression(node)) {
        const and = node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
        if ((and || node.operatorToken.kind === ts.SyntaxKind.BarBarToken) && this.value(node.left) === and) {
          this.cut(node.getStart(this.file), node.right.getStart(this.file))
          return this.visit(node.right)
        }
      }
      if (this.isFlag(node)) {
        const line = this.file.getLineAndCharacterOfPosition(node.getStart(this.file)).line + 1
        this.problems.push({ file: shown(this.file.fileName), line, message: `${node.text} is not a feature flag that tools/build/profiles.ts knows` })
        return
      }
    }
    ts.forEachChild(node, child => this.visit(child))
  }
}

/** The text without its flags and dead branches. */
export function foldFlags(file: ts.SourceFile, flags: Flags): { code: string; problems: Problem[] } {
  const folding = new Folding(file, flags)
  folding.visit(file)
  return { code: applyEdits(file.text, folding.edits), problems: folding.problems }
}
