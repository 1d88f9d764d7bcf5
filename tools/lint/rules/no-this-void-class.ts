import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { ancestors, typed, type Rule } from '../rule.js'

/** Row "HAL parts are records ...": a class that implements a `this: void` member, and `this` outside a class. */
export const noThisVoidClass: Rule = {
  row: 'HAL parts are records of this: void functions; Socket and Client are classes',
  why: 'a method takes itself as its first argument in Lua and the caller passes none: it crashes at run time without a diagnostic',
  option: undefined,
  create(context) {
    const services = typed(context)
    const checker = services.program.getTypeChecker()
    const check = (node: TSESTree.ClassDeclaration | TSESTree.ClassExpression) => {
      for (const face of node.implements) {
        const type = services.getTypeAtLocation(face.expression)
        const declared = type.getProperties().length > 0 ? type : checker.getTypeAtLocation(services.esTreeNodeToTSNodeMap.get(face))
        for (const member of node.body.body) {
          if (member.type !== 'MethodDefinition' || member.key.type !== 'Identifier') continue
          const property = declared.getProperty(member.key.name)
          if (property !== undefined && isThisVoid(property, checker)) {
            context.report(member, `${member.key.name} is this: void in ${context.source.getText(face)}: write a record of functions`)
          }
        }
      }
    }
    return {
      ClassDeclaration: check,
      ClassExpression: check,
      ThisExpression(node) {
        for (const at of ancestors(node)) {
          if (at.type === 'ClassBody') return
          if (at.type === 'FunctionDeclaration' || (at.type === 'FunctionExpression' && at.parent.type !== 'MethodDefinition')) break
        }
        context.report(node, 'this outside a class: take the record as a parameter')
      }
    }
  }
}

function isThisVoid(property: ts.Symbol, checker: ts.TypeChecker): boolean {
  const declaration = property.valueDeclaration
  if (declaration === undefined) return false
  return checker.getTypeOfSymbolAtLocation(property, declaration).getNonNullableType().getCallSignatures().some((signature) => {
    const self = signature.getDeclaration().parameters[0]
    return self !== undefined && ts.isIdentifier(self.name) && self.name.text === 'this' && self.type?.kind === ts.SyntaxKind.VoidKeyword
  })
}
