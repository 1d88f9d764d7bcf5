import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { ancestors, isFunctionNode, type FunctionNode, type Node, type Rule } from '../rule.js'

/**
 * Row "short modules". Lua 5.1 has room for 200 locals and 60 upvalues in one function, a module being one; the
 * limits here leave room for the temporaries that typescript-to-lua adds.
 */
export const functionLimits: Rule<{ locals: number; upvalues: number }> = {
  row: 'short modules',
  why: 'Lua 5.1 takes 200 locals and 60 upvalues in one function',
  option: { locals: 150, upvalues: 50 },
  create({ report, source, option }) {
    const scopes = () => source.scopeManager?.scopes ?? []
    const check = (node: FunctionNode) => {
      const outer = new Set<TSESLint.Scope.Variable>()
      for (const scope of scopes().filter((candidate) => isInside(candidate.block, node))) {
        for (const reference of scope.references) {
          const variable = reference.resolved
          if (variable !== null && reference.isValueReference && isLocal(variable) && !isInside(variable.scope.block, node)) outer.add(variable)
        }
      }
      if (outer.size > option.upvalues) report(node, `${outer.size} upvalues, ${option.upvalues} are allowed`)
      checkLocals(node)
    }
    const checkLocals = (node: FunctionNode | TSESTree.Program) => {
      let locals = 0
      for (const scope of scopes().filter((candidate) => owner(candidate.block) === node)) locals += scope.variables.filter(isLocal).length
      if (locals > option.locals) report(node, `${locals} locals, ${option.locals} are allowed`)
    }
    return {
      'FunctionDeclaration:exit': check,
      'FunctionExpression:exit': check,
      'ArrowFunctionExpression:exit': check,
      'Program:exit': checkLocals
    }
  }
}

/** True for what takes a Lua local: not a type, not a const enum, not `arguments`. */
function isLocal(variable: TSESLint.Scope.Variable): boolean {
  const definition = variable.defs[0]
  if (definition === undefined || definition.type === 'Type') return false
  if (definition.type === 'ImportBinding' && definition.node.type === 'ImportSpecifier' && definition.node.importKind === 'type') return false
  if (definition.type === 'ImportBinding' && definition.parent?.type === 'ImportDeclaration' && definition.parent.importKind === 'type') return false
  return !(definition.type === 'TSEnumName' || definition.type === 'TSEnumMemberName')
}

function isInside(node: Node, around: Node): boolean {
  return node.range[0] >= around.range[0] && node.range[1] <= around.range[1]
}

/** The function, or the module, whose locals a block's variables are. */
function owner(block: Node): Node {
  const around = [block, ...ancestors(block)]
  return around.find(isFunctionNode) ?? around[around.length - 1] ?? block
}
