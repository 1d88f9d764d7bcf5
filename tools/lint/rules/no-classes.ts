import type { TSESTree } from '@typescript-eslint/utils'
import { type Rule } from '../rule.js'

/** Row "plain functions on records": classes only for `Client` and for what implements `Socket`; nothing fancy in them. */
export const noClasses: Rule<{ interfaces: string[] }> = {
  row: 'plain functions on records; classes only for Client and HAL Socket',
  why: 'unused methods of a class are never dropped, an accessor adds 5 KB of Lua and slows every field, #private needs WeakMap',
  option: { interfaces: ['Client', 'Socket'] },
  create({ report, option }) {
    const check = (node: TSESTree.ClassDeclaration | TSESTree.ClassExpression) => {
      const faces = node.implements.map((face) => face.expression).filter((face) => face.type === 'Identifier').map((face) => face.name)
      const allowed = node.type === 'ClassDeclaration' &&
        (faces.some((face) => option.interfaces.includes(face)) || (node.id !== null && option.interfaces.includes(node.id.name)))
      if (!allowed) report(node, `a class that is not ${option.interfaces.join(' or ')}: write functions on a record`)
      if (node.superClass !== null) report(node.superClass, 'inheritance')
    }
    return {
      ClassDeclaration: check,
      ClassExpression: check,
      'MethodDefinition[kind="get"], MethodDefinition[kind="set"], Property[kind="get"], Property[kind="set"]'(node: TSESTree.Node) {
        report(node, 'a getter or setter: write a function')
      },
      AccessorProperty(node) { report(node, 'an accessor: write a function') },
      PrivateIdentifier(node) { report(node, `#${node.name}: write ${node.name}_, which is mangled`) },
      StaticBlock(node) { report(node, 'a static block') },
      Decorator(node) { report(node, 'a decorator') }
    }
  }
}
