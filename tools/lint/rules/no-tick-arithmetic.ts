import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { typed, type Node, type Rule } from '../rule.js'

const operators = ['+', '-', '*', '/', '%', '<', '>', '<=', '>=']

/**
 * Row "hal.timer.since(t0) >= ms": a stamp from `ticks()` goes into `since` and nowhere else. A stamp is followed
 * through variables, parameters' defaults and fields, in every file of the program.
 */
export const noTickArithmetic: Rule = {
  row: 'hal.timer.since(t0) >= ms',
  why: 'ticks wrap: a module\'s clock is a 32-bit integer that turns negative after 24.8 days',
  option: undefined,
  create(context) {
    const services = typed(context)
    const checker = services.program.getTypeChecker()
    const stamps = stampSymbols(services.program)
    const isStamp = (node: Node): boolean => {
      const expression = services.esTreeNodeToTSNodeMap.get(node)
      return expression !== undefined && isStampExpression(expression, checker, stamps)
    }
    return {
      BinaryExpression(node) {
        if (operators.includes(node.operator) && (isStamp(node.left) || isStamp(node.right))) {
          context.report(node, `${node.operator} on a stamp of ticks(): ask since(stamp)`)
        }
      },
      AssignmentExpression(node: TSESTree.AssignmentExpression) {
        if (node.operator !== '=' && (isStamp(node.left) || isStamp(node.right))) {
          context.report(node, `${node.operator} on a stamp of ticks(): ask since(stamp)`)
        }
      },
      UpdateExpression(node) {
        if (isStamp(node.argument)) context.report(node, `${node.operator} on a stamp of ticks()`)
      },
      'UnaryExpression[operator=/^[-+]$/]'(node: TSESTree.UnaryExpression) {
        if (isStamp(node.argument)) context.report(node, `${node.operator} on a stamp of ticks()`)
      }
    }
  }
}

const known = new WeakMap<ts.Program, Set<ts.Symbol>>()

/** The variables, fields and arrays that are ever given a stamp. */
function stampSymbols(program: ts.Program): Set<ts.Symbol> {
  const cached = known.get(program)
  if (cached !== undefined) return cached
  const checker = program.getTypeChecker()
  const found = new Set<ts.Symbol>()
  const files = program.getSourceFiles().filter((file) => !file.isDeclarationFile && !file.fileName.includes('/node_modules/'))
  // A stamp that is handed on (`record.at = t0`) is found in the turn after the one that found `t0`.
  for (let before = -1; before < found.size;) {
    before = found.size
    for (const file of files) visit(file)
  }
  known.set(program, found)
  return found

  function visit(node: ts.Node): void {
    if (ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node)) {
      if (node.initializer !== undefined && isStampExpression(node.initializer, checker, found)) add(checker.getSymbolAtLocation(node.name))
    } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && isStampExpression(node.right, checker, found)) {
      add(checker.getSymbolAtLocation(ts.isElementAccessExpression(node.left) ? node.left.expression : node.left))
    }
    ts.forEachChild(node, visit)
  }

  function add(symbol: ts.Symbol | undefined): void {
    if (symbol !== undefined) found.add(symbol)
  }
}

function isStampExpression(node: ts.Node, checker: ts.TypeChecker, stamps: Set<ts.Symbol>): boolean {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)) return isStampExpression(node.expression, checker, stamps)
  if (ts.isCallExpression(node)) return ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'ticks'
  if (ts.isElementAccessExpression(node)) return stampOf(node.expression, checker, stamps)
  return (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) && stampOf(node, checker, stamps) &&
    // The array itself is not a stamp: its length may be compared.
    (checker.getTypeAtLocation(node).flags & ts.TypeFlags.NumberLike) !== 0
}

function stampOf(node: ts.Node, checker: ts.TypeChecker, stamps: Set<ts.Symbol>): boolean {
  const symbol = checker.getSymbolAtLocation(node)
  return symbol !== undefined && stamps.has(symbol)
}
