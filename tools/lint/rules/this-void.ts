import type { TSESTree } from '@typescript-eslint/utils'
import type { Node, Rule } from '../rule.js'

/**
 * Row "HAL parts are records of this: void functions": every function type, and every method of an interface other
 * than Socket and Client, says `this: void`.
 */
export const thisVoid: Rule<{ interfaces: string[] }> = {
  row: 'HAL parts are records of this: void functions; every callback type is (this: void, ...)',
  why: 'without it the Lua calling convention passes the record, or the options table, as the first argument',
  option: { interfaces: ['Client', 'Socket'] },
  create({ report, option }) {
    const check = (node: TSESTree.TSFunctionType | TSESTree.TSMethodSignature) => {
      if (!beginsWithThisVoid(node.params)) report(node, 'a function type without this: void as its first parameter')
    }
    return {
      TSFunctionType: check,
      TSMethodSignature(node) {
        if (!option.interfaces.includes(interfaceAround(node))) check(node)
      },
      TSCallSignatureDeclaration(node) {
        if (!beginsWithThisVoid(node.params)) report(node, 'a call signature without this: void as its first parameter')
      }
    }
  }
}

function beginsWithThisVoid(params: TSESTree.Parameter[]): boolean {
  const first = params[0]
  return first?.type === 'Identifier' && first.name === 'this' && first.typeAnnotation?.typeAnnotation.type === 'TSVoidKeyword'
}

function interfaceAround(node: Node): string {
  const holder = node.parent?.parent
  return holder?.type === 'TSInterfaceDeclaration' ? holder.id.name : ''
}
