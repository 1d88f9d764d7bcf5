import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { bare, typed, type Node, type Rule } from '../rule.js'

/** Row "HAL parts are records ...": a method of a class or of an interface is called, not passed on. */
export const noMethodValues: Rule = {
  row: 'methods are not passed as values',
  why: 'the method loses its object in JavaScript and takes the first argument for it in Lua',
  option: undefined,
  create(context) {
    const services = typed(context)
    const checker = services.program.getTypeChecker()
    return {
      MemberExpression(node) {
        if (isCalledOrTested(node) || (node.parent.type === 'AssignmentExpression' && node.parent.left === node)) return
        const symbol = services.getSymbolAtLocation(node.property)
        const declaration = symbol?.valueDeclaration
        if (declaration === undefined || !(ts.isMethodDeclaration(declaration) || ts.isMethodSignature(declaration))) return
        const self = declaration.parameters[0]
        if (self !== undefined && ts.isIdentifier(self.name) && self.name.text === 'this' && self.type?.kind === ts.SyntaxKind.VoidKeyword) return
        // A method of a record of functions has no `this` to lose.
        if (ts.isObjectLiteralExpression(declaration.parent)) return
        context.report(node, `the method ${checker.symbolToString(symbol as ts.Symbol)} as a value: pass a function that calls it`)
      }
    }
  }
}

/** `a.f()`, `a.f === undefined`, `typeof a.f`. */
function isCalledOrTested(node: TSESTree.MemberExpression): boolean {
  let at: Node = node
  while (at.parent !== undefined && bare(at.parent) === node) at = at.parent
  const parent = at.parent
  if (parent?.type === 'CallExpression') return parent.callee === at
  if (parent?.type === 'BinaryExpression') return parent.operator === '===' || parent.operator === '!=='
  return parent?.type === 'UnaryExpression' && parent.operator === 'typeof'
}
