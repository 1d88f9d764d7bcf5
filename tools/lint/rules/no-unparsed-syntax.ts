import type { TSESTree } from '@typescript-eslint/utils'
import type { Rule } from '../rule.js'

/** Row "positional parameters": the syntax that Espruino's parser refuses and that esbuild leaves as it is at es2015. */
export const noUnparsedSyntax: Rule = {
  row: 'positional parameters; plain statements',
  why: 'Espruino does not parse it, and esbuild does not lower it at es2015',
  option: undefined,
  create({ report }) {
    return {
      AssignmentPattern(node) { report(node, 'a default value: test the parameter with === undefined') },
      RestElement(node) { report(node, 'a rest element: name each parameter') },
      SpreadElement(node) { report(node, 'a spread: pass each value, or copy by an index loop') },
      ObjectPattern(node) { report(node, 'destructuring: read each field') },
      ArrayPattern(node) { report(node, 'destructuring: read each element') },
      'Property[computed=true], PropertyDefinition[computed=true], MethodDefinition[computed=true]'(node: TSESTree.Node) {
        report(node, 'a computed property name: assign record[name] afterwards')
      },
      ChainExpression(node) { report(node, 'optional chaining: test with !== undefined') },
      'BinaryExpression[operator="**"], AssignmentExpression[operator="**="]'(node: TSESTree.Node) { report(node, 'the ** operator: multiply') },
      'AssignmentExpression[operator=/^(\\|\\||&&|\\?\\?)=$/]'(node: TSESTree.Node) { report(node, 'a logical assignment: write an if') },
      LabeledStatement(node) { report(node, `the label ${node.label.name}: put the loop in a function and return`) },
      SwitchStatement(node) {
        const at = node.cases.findIndex((one) => one.test === null)
        const early = node.cases[at]
        if (early !== undefined && at < node.cases.length - 1) report(early, 'default before a case: put it last')
      },
      'Literal[bigint]'(node: TSESTree.Node) { report(node, 'a BigInt') },
      'Literal[regex]'(node: TSESTree.Node) { report(node, 'a regular expression, which Lua lacks: compare bytes') },
      TaggedTemplateExpression(node) { report(node, 'a tagged template') },
      'MetaProperty'(node) { report(node, `${node.meta.name}.${node.property.name}`) },
      'Identifier[name="arguments"]'(node: TSESTree.Node) { report(node, 'arguments: name each parameter') },
      'TSModuleDeclaration[declare!=true]'(node: TSESTree.Node) { report(node, 'a namespace: a file is one') },
      SequenceExpression(node) { report(node, 'the comma operator: write two statements') },
      'WithStatement, DebuggerStatement'(node: TSESTree.Node) { report(node, 'this statement') }
    }
  }
}
