import { isFunctionNode, isGlobalValue, type Node, type Rule } from '../rule.js'

const errors = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'AggregateError', 'Promise']

/** Row "result codes, negative numbers". `tryAllowed` is for ports: `guard` and a connect() that throws need it. */
export const noExceptions: Rule<{ tryAllowed: boolean }> = {
  row: 'result codes, negative numbers',
  why: 'an uncaught error restarts a LuatOS module, Lua 5.1 cannot yield across pcall, an Error costs 55 JsVars',
  option: { tryAllowed: false },
  create(context) {
    const { report, option } = context
    return {
      ThrowStatement(node) { report(node, 'throw: return a negative code') },
      TryStatement(node) { if (!option.tryAllowed) report(node, 'try: hal.system.guard runs what may throw') },
      AwaitExpression(node) { report(node, 'await: keep the state in a record and go on in the next slice') },
      YieldExpression(node) { report(node, 'a generator') },
      Identifier(node) {
        if (errors.includes(node.name) && isGlobalValue(context, node)) report(node, `${node.name}: return a negative code`)
      },
      'FunctionDeclaration, FunctionExpression, ArrowFunctionExpression'(node: Node) {
        if (!isFunctionNode(node)) return
        if (node.async) report(node, 'an async function')
        if (node.generator) report(node, 'a generator')
      },
      ForOfStatement(node) { if (node.await) report(node, 'for await') }
    }
  }
}
