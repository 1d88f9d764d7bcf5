/**
 * What every rule of the dialect shares: the shape of a rule, and the questions that rules ask about types and scopes.
 *
 * A rule names the row of the dialect's table that it enforces and why the row is there, because the message is all
 * that a developer sees of either.
 */
import ts from 'typescript'
import type { ParserServicesWithTypeInformation, TSESLint, TSESTree } from '@typescript-eslint/utils'

export type Node = TSESTree.Node
export type FunctionNode = TSESTree.FunctionDeclaration | TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression
export type Listener = TSESLint.RuleListener
export type Report = (node: Node, message: string) => void

export interface RuleContext<Option> {
  report: Report
  source: Readonly<TSESLint.SourceCode>
  filename: string
  /** The rule's option from the configuration, or its default. */
  option: Option
}

export interface Rule<Option = unknown> {
  /** The row of the dialect's table. */
  row: string
  /** What goes wrong without the rule. It ends every message. */
  why: string
  /** Used where the configuration gives none. */
  option: Option
  create(context: RuleContext<Option>): Listener
}

/** Turns a rule of ours into one of ESLint's. */
export function toEslint<Option>(rule: Rule<Option>): TSESLint.LooseRuleDefinition {
  return {
    meta: {
      type: 'problem',
      docs: { description: `${rule.row}: ${rule.why}` },
      schema: [{}],
      messages: { dialect: '{{what}} ({{why}})' }
    },
    create(context: TSESLint.RuleContext<'dialect', [Option?]>) {
      return rule.create({
        report: (node, what) => { context.report({ node, messageId: 'dialect', data: { what, why: rule.why } }) },
        source: context.sourceCode,
        filename: context.filename,
        option: context.options[0] ?? rule.option
      })
    }
  } as unknown as TSESLint.LooseRuleDefinition
}

/** The type checker's view of the file. The configuration always gives one; without it a rule has nothing to say. */
export function typed(context: RuleContext<unknown>): ParserServicesWithTypeInformation {
  const services = context.source.parserServices
  if (services?.program === undefined || services.program === null) {
    throw new Error(`${context.filename}: this rule needs type information (parserOptions.projectService)`)
  }
  return services as ParserServicesWithTypeInformation
}

/** The parts of a union; the type itself when it is none. */
export function parts(type: ts.Type): ts.Type[] {
  return type.isUnion() ? type.types : [type]
}

export function hasFlag(type: ts.Type, flags: ts.TypeFlags): boolean {
  return (type.flags & flags) !== 0
}

/** Text and Bytes alike: a string, or an intersection with one. */
export function isString(type: ts.Type): boolean {
  return hasFlag(type, ts.TypeFlags.StringLike) || (type.isIntersection() && type.types.some(isString))
}

/** Bytes: a string with the unique-symbol brand of hal/hal.ts. Every part of a union must be, `undefined` aside. */
export function isBytes(type: ts.Type): boolean {
  const real = parts(type).filter((part) => !hasFlag(part, ts.TypeFlags.Undefined | ts.TypeFlags.Null))
  return real.length > 0 && real.every((part) => part.isIntersection() && part.types.some(isString) && part.types.some(isBrand))
}

function isBrand(type: ts.Type): boolean {
  // The checker names a property whose key is a unique symbol `__@name@id`.
  return hasFlag(type, ts.TypeFlags.Object) && type.getProperties().some((property) => property.escapedName.toString().startsWith('__@'))
}

export function isFunctionNode(node: Node): node is FunctionNode {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
}

/** What `node` stands in, from its parent up to the module. */
export function ancestors(node: Node): Node[] {
  const found: Node[] = []
  // The types say undefined, the parser says null.
  for (let at = node.parent as Node | null | undefined; at !== null && at !== undefined; at = at.parent) found.push(at)
  return found
}

/** The nearest function around `node`, undefined at the top of the module. */
export function functionAround(node: Node): FunctionNode | undefined {
  return ancestors(node).find(isFunctionNode)
}

/** True when the name stands for a value: not part of a type, and not the name of a property or an import. */
export function isGlobalValue(context: RuleContext<unknown>, identifier: TSESTree.Identifier): boolean {
  for (let scope: TSESLint.Scope.Scope | null = context.source.getScope(identifier); scope !== null; scope = scope.upper) {
    const reference = scope.references.find((candidate) => candidate.identifier === identifier)
    if (reference !== undefined) return reference.isValueReference && (reference.resolved === null || reference.resolved.defs.length === 0)
  }
  return false
}

/** `as`, `satisfies`, `!` and parentheses do nothing at run time. */
export function bare(node: Node): Node {
  let at = node
  while (at.type === 'TSAsExpression' || at.type === 'TSNonNullExpression' || at.type === 'TSSatisfiesExpression') at = at.expression
  return at
}

/** `a.b` gives "b", `a['b']` too; undefined for a computed name. */
export function memberName(node: TSESTree.MemberExpression): string | undefined {
  if (node.property.type === 'Identifier' && !node.computed) return node.property.name
  return node.property.type === 'Literal' && typeof node.property.value === 'string' ? node.property.value : undefined
}
