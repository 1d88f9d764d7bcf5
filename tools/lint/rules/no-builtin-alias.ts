import ts from 'typescript'
import type { TSESTree } from '@typescript-eslint/utils'
import { isGlobalValue, memberName, typed, type Rule } from '../rule.js'

const builtins = ['String', 'Math', 'Object', 'JSON', 'Number', 'Array', 'Boolean', 'parseInt', 'parseFloat', 'isNaN', 'isFinite',
  'Date', 'E', 'console', 'process']
const constants = ['Math.PI', 'Number.MAX_SAFE_INTEGER']
/** Built-in methods of strings and arrays, by which an alias such as `const push = list.push` is known. */
const methodOwners = ['String', 'Array', 'ReadonlyArray', 'Function', 'Object', 'Number']

/** Row "JS built-ins only in bytes.ts and in ports": a built-in is called where it stands, never given a second name. */
export const noBuiltinAlias: Rule = {
  row: 'no alias of a JS built-in',
  why: '`const chr = String.fromCharCode` and the like compile to nil in Lua without a diagnostic',
  option: undefined,
  create(context) {
    const services = typed(context)
    return {
      Identifier(node) {
        if (!builtins.includes(node.name) || !isGlobalValue(context, node)) return
        const parent = node.parent
        if (parent.type === 'MemberExpression' && parent.object === node) {
          const name = `${node.name}.${memberName(parent) ?? ''}`
          if (!isCallee(parent) && !constants.includes(name) && isFunction(parent)) context.report(parent, `${name} as a value: call it here`)
        } else if (!isCallee(node)) {
          context.report(node, `${node.name} as a value`)
        }
      },
      MemberExpression(node) {
        if (isCallee(node) || !isFunction(node)) return
        const declaration = services.getSymbolAtLocation(node.property)?.valueDeclaration
        const owner = declaration?.parent
        if (owner !== undefined && ts.isInterfaceDeclaration(owner) && methodOwners.includes(owner.name.text)) {
          context.report(node, `.${memberName(node) ?? ''} of ${owner.name.text} as a value: call it here`)
        }
      }
    }

    function isFunction(node: TSESTree.MemberExpression): boolean {
      const type = services.getTypeAtLocation(node)
      return type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0
    }
  }
}

function isCallee(node: TSESTree.Node): boolean {
  const parent = node.parent
  return (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee === node
}
