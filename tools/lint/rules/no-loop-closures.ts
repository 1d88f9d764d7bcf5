import type { TSESTree } from '@typescript-eslint/utils'
import { ancestors, isFunctionNode, type FunctionNode, type Node, type Rule } from '../rule.js'

/** Row "arrays without holes ...": no function made inside a loop. */
export const noLoopClosures: Rule = {
  row: 'arrays without holes, push, index loops',
  why: 'on Espruino a loop has one let for all its turns, so every closure sees the last value',
  option: undefined,
  create({ report }) {
    const check = (node: FunctionNode) => {
      let inner: Node = node
      for (const at of ancestors(node)) {
        if (isFunctionNode(at)) return
        if (isLoop(at) && inner !== onceOnly(at)) {
          report(node, 'a function made inside a loop')
          return
        }
        inner = at
      }
    }
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check }
  }
}

type Loop = TSESTree.ForStatement | TSESTree.ForOfStatement | TSESTree.ForInStatement | TSESTree.WhileStatement | TSESTree.DoWhileStatement

function isLoop(node: Node): node is Loop {
  return ['ForStatement', 'ForOfStatement', 'ForInStatement', 'WhileStatement', 'DoWhileStatement'].includes(node.type)
}

/** The list that `for..of` walks is made once, before the first turn. */
function onceOnly(loop: Loop): Node | null {
  return loop.type === 'ForOfStatement' || loop.type === 'ForInStatement' ? loop.right : null
}
