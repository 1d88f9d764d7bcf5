import ts from 'typescript'
import { hasFlag, isBytes, isFunctionNode, isString, parts, typed, type Node, type Rule } from '../rule.js'

/** Row "HAL parts are records ...": no function that returns an object or a number, declared or inferred. */
export const noMixedReturn: Rule = {
  row: 'a function returns an object or undefined, or a number, not either',
  why: 'typescript-to-lua miscompiles a call on such a union without a word',
  option: undefined,
  create(context) {
    const services = typed(context)
    const checker = services.program.getTypeChecker()
    const check = (node: Node) => {
      const declaration = services.esTreeNodeToTSNodeMap.get(node)
      if (declaration === undefined || !ts.isFunctionLike(declaration)) return
      const signature = checker.getSignatureFromDeclaration(declaration)
      if (signature === undefined) return
      const returned = parts(signature.getReturnType())
      const objects = returned.some((part) => hasFlag(part, ts.TypeFlags.Object | ts.TypeFlags.NonPrimitive) || (part.isIntersection() && !isBytes(part) && !isString(part)))
      const numbers = returned.some((part) => hasFlag(part, ts.TypeFlags.NumberLike))
      if (objects && numbers) context.report(isFunctionNode(node) ? node.returnType ?? node : node, `this function returns ${checker.typeToString(signature.getReturnType())}`)
    }
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
      TSFunctionType: check,
      TSMethodSignature: check,
      TSDeclareFunction: check
    }
  }
}
