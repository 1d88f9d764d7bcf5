import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { typed, type Node, type Rule } from '../rule.js'

const operators = ['+', '-', '*', '/', '%', '<', '>', '<=', '>=']

/**
 * Row "hal.timer.since(t0) >= ms": a stamp from `ticks()` goes into `since` and nowhere else. A stamp is followed
 * through variables, fields, parameters and what functions return, in every file of the program.
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
    if (ts.isCallExpression(node)) visitArguments(node)
    if (ts.isReturnStatement(node) && node.expression !== undefined && isStampExpression(node.expression, checker, found)) {
      const around = ts.findAncestor(node, ts.isFunctionLike)
      if (around?.name !== undefined) add(checker.getSymbolAtLocation(around.name))
    }
    ts.forEachChild(node, visit)
  }

  function visitArguments(call: ts.CallExpression): void {
    call.arguments.forEach((argument, index) => {
      // `since` is the one place where a stamp may go; what a port does with it there is its own business.
      if (isNamed(call.expression, 'since') || !isStampExpression(argument, checker, found)) return
      add(checker.getResolvedSignature(call)?.parameters[index])
    })
  }

  function add(symbol: ts.Symbol | undefined): void {
    const real = original(symbol, checker)
    if (real !== undefined) found.add(real)
  }
}

function isStampExpression(node: ts.Node, checker: ts.TypeChecker, stamps: Set<ts.Symbol>): boolean {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)) return isStampExpression(node.expression, checker, stamps)
  if (ts.isCallExpression(node)) return isNamed(node.expression, 'ticks') || stampOf(node.expression, checker, stamps)
  if (ts.isElementAccessExpression(node)) return stampOf(node.expression, checker, stamps)
  return (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) && stampOf(node, checker, stamps) &&
    // The array itself is not a stamp: its length may be compared.
    (checker.getTypeAtLocation(node).flags & ts.TypeFlags.NumberLike) !== 0
}

/** An imported name stands for the one that was exported. */
function original(symbol: ts.Symbol | undefined, checker: ts.TypeChecker): ts.Symbol | undefined {
  return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol
}

function isNamed(callee: ts.Expression, name: string): boolean {
  return ts.isPropertyAccessExpression(callee) && callee.name.text === name
}

function stampOf(node: ts.Node, checker: ts.TypeChecker, stamps: Set<ts.Symbol>): boolean {
  const symbol = original(checker.getSymbolAtLocation(node), checker)
  return symbol !== undefined && stamps.has(symbol)
}
