/**
 * Fails on what Espruino does not run. Each rule stands for a construct that was seen to fail on the interpreter; most
 * of them are valid ES2015, so neither the compiler nor esbuild says a word about them.
 */
import { parse, type AnyNode, type Node } from 'acorn'
import { analyseOrder } from './declaration-order.js'
import type { Problem } from './problem.js'

/** Globals that Espruino lacks. */
const ABSENT = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Symbol', 'Proxy', 'Reflect', 'BigInt', 'TextEncoder', 'TextDecoder',
  'queueMicrotask', 'structuredClone', 'unescape', 'Intl', 'SharedArrayBuffer', 'Atomics', 'BigInt64Array', 'BigUint64Array'])
/** Static members that Espruino lacks. */
const ABSENT_STATICS = new Set(['Math.imul', 'Math.trunc', 'Math.clz32', 'Number.isInteger', 'Array.from', 'Uint8Array.from', 'Object.freeze', 'E.memcpy'])
/** Methods that Espruino lacks, whatever they are called on. */
const ABSENT_METHODS = new Set(['flat', 'flatMap', 'copyWithin', 'codePointAt'])
const NEW_ASSIGNMENTS = new Set(['**=', '??=', '||=', '&&='])
const LOOPS = new Set(['ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement', 'DoWhileStatement'])
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

/** Words that Espruino's lexer reserves and JavaScript, outside strict mode, does not. As names of members they do. */
const RESERVED_NAMES = new Set(['of', 'let', 'static'])
/** All words of the lexer: what a class's members and an accessor cannot be called either. */
const RESERVED = new Set([...RESERVED_NAMES, 'if', 'else', 'do', 'while', 'for', 'break', 'continue', 'function', 'return', 'var', 'const', 'this', 'throw',
  'try', 'catch', 'finally', 'true', 'false', 'null', 'undefined', 'new', 'in', 'instanceof', 'switch', 'case', 'default', 'delete', 'typeof', 'void',
  'debugger', 'class', 'extends', 'super'])

type Report = (node: Node, message: string) => void

/** Names bound by `let`, `const` and `class` inside a loop: one variable for all rounds on Espruino. */
function loopBindings(loop: AnyNode): Set<string> {
  const names = new Set<string>()
  const visit = (node: AnyNode): void => {
    if (FUNCTIONS.has(node.type)) return
    if (node.type === 'VariableDeclaration' && node.kind !== 'var') {
      for (const one of node.declarations) if (one.id.type === 'Identifier') names.add(one.id.name)
    }
    for (const child of childrenOf(node)) visit(child)
  }
  for (const child of childrenOf(loop)) visit(child)
  return names
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter((value): value is AnyNode => value !== null && typeof value === 'object' && typeof (value as AnyNode).type === 'string')
}

function usesName(node: AnyNode, names: Set<string>): string | undefined {
  if (node.type === 'Identifier') return names.has(node.name) ? node.name : undefined
  for (const child of childrenOf(node)) {
    if (node.type === 'MemberExpression' && child === node.property && !node.computed) continue
    if (node.type === 'Property' && child === node.key && !node.computed && !node.shorthand) continue
    const found = usesName(child, names)
    if (found !== undefined) return found
  }
  return undefined
}

function checkName(node: AnyNode & { name: string }, parent: AnyNode | undefined, report: Report): void {
  const refuse = (): void => report(node, `name ${node.name} (a reserved word there)`)
  const isKey = parent !== undefined && 'key' in parent && parent.key === node && !('computed' in parent && parent.computed)
  if (isKey && (parent.type !== 'Property' || parent.kind !== 'init')) {
    if (RESERVED.has(node.name)) refuse()
    return
  }
  if (parent?.type === 'MemberExpression' && parent.property === node && !parent.computed || isKey && !(parent as { shorthand?: boolean }).shorthand) return
  if (RESERVED_NAMES.has(node.name)) refuse()
  // Read as a value it is JavaScript's own.
  if (node.name === 'undefined' && parent !== undefined && (FUNCTIONS.has(parent.type) && parent.type !== 'ArrowFunctionExpression' ||
    parent.type === 'ArrowFunctionExpression' && parent.body !== node || parent.type === 'VariableDeclarator' && parent.id === node || parent.type === 'CatchClause')) refuse()
}

function checkNode(node: AnyNode, parents: AnyNode[], report: Report): void {
  switch (node.type) {
    case 'Identifier': return checkName(node, parents[parents.length - 2], report)
    case 'AssignmentPattern': return report(node, 'default value')
    case 'RestElement': return report(node, 'rest element')
    case 'SpreadElement': return report(node, 'spread')
    case 'ObjectPattern': case 'ArrayPattern': return report(node, 'destructuring')
    case 'Property':
      if (node.computed) report(node, 'computed property name')
      return
    case 'MethodDefinition':
      if (node.computed) report(node, 'computed method name')
      return
    case 'PropertyDefinition':
      if (node.computed) report(node, 'computed field name')
      if (node.value === null || node.value === undefined) report(node, 'class field without a value')
      return
    case 'PrivateIdentifier': return report(node, `private member #${node.name}`)
    case 'StaticBlock': return report(node, 'static block')
    case 'ChainExpression': return report(node, 'optional chaining')
    case 'BinaryExpression':
      if (node.operator === '**') report(node, 'operator **')
      return
    case 'AssignmentExpression':
      if (NEW_ASSIGNMENTS.has(node.operator)) report(node, `operator ${node.operator}`)
      return
    case 'LabeledStatement': return report(node, `label ${node.label.name}`)
    case 'SwitchStatement': {
      const at = node.cases.findIndex(one => one.test === null || one.test === undefined)
      if (at >= 0 && at < node.cases.length - 1) report(node.cases[at]!, 'default before a case')
      return
    }
    case 'FunctionDeclaration': case 'FunctionExpression': case 'ArrowFunctionExpression':
      if (node.async) report(node, 'async function')
      if (node.type !== 'ArrowFunctionExpression' && node.generator) report(node, 'generator')
      return checkClosure(node, parents, report)
    case 'ForOfStatement':
      if (node.await) report(node, 'for await')
      return
    case 'AwaitExpression': return report(node, 'await')
    case 'TaggedTemplateExpression': return report(node, 'tagged template')
    case 'MetaProperty': return report(node, `${node.meta.name}.${node.property.name}`)
    case 'ImportExpression': return report(node, 'import()')
    case 'ImportDeclaration': case 'ExportNamedDeclaration': case 'ExportDefaultDeclaration': case 'ExportAllDeclaration':
      return report(node, 'import or export declaration')
    case 'ClassDeclaration': case 'ClassExpression':
      if (node.superClass?.type === 'Identifier' && /Error$/.test(node.superClass.name)) report(node, 'class that extends Error (its message is undefined)')
      return
    case 'Literal':
      if (node.bigint !== undefined && node.bigint !== null) report(node, 'BigInt')
      if (node.regex !== undefined && node.regex !== null) checkRegex(node, node.regex.pattern, node.regex.flags, report)
      return
    case 'CallExpression':
      if (node.callee.type === 'MemberExpression' && node.callee.property.type === 'Identifier' && ABSENT_METHODS.has(node.callee.property.name)) {
        report(node, `method ${node.callee.property.name}`)
      }
      return
    case 'MemberExpression':
      if (node.object.type === 'Identifier' && node.property.type === 'Identifier' && ABSENT_STATICS.has(`${node.object.name}.${node.property.name}`)) {
        report(node, `${node.object.name}.${node.property.name}`)
      }
      return
    default:
  }
}

/** A function made inside a loop that reaches one of the loop's own variables. */
function checkClosure(node: AnyNode, parents: AnyNode[], report: Report): void {
  for (let i = parents.length - 2; i >= 0; i--) {
    const around = parents[i]!
    if (FUNCTIONS.has(around.type)) return
    if (!LOOPS.has(around.type)) continue
    const name = usesName(node, loopBindings(around))
    if (name !== undefined) return report(node, `closure over the loop variable ${name}`)
  }
}

function checkRegex(node: Node, pattern: string, flags: string, report: Report): void {
  if (/[^gim]/.test(flags)) report(node, `regex flags ${flags}`)
  if (/\(\?(?!:)/.test(pattern)) report(node, 'regex group of a newer kind (look-around, name)')
  if (/\\[pPk]/.test(pattern)) report(node, 'regex escape \\p or \\k')
}

function lineOf(code: string, position: number): number {
  return code.slice(0, position).split('\n').length
}

/** What is around a place: the bundle is one long line. */
function near(code: string, position: number): string {
  return JSON.stringify(code.slice(Math.max(0, position - 20), position + 40))
}

export interface Fault {
  position: number
  message: string
}

/** All that Espruino does not run of a bundle; none means that it parses it and finds every name in time. */
export function findFaults(code: string): Fault[] {
  const faults: Fault[] = []
  const add = (position: number, message: string) => {
    faults.push({ position, message })
  }
  // eslint-disable-next-line no-control-regex
  const foreign = /[^\x00-\x7f]/.exec(code)
  if (foreign !== null) add(foreign.index, 'non-ASCII character (a board has bytes, not characters)')
  const escape = /(?<!\\)(?:\\\\)*\\u/.exec(code)
  if (escape !== null) add(escape.index, '\\u escape (boards truncate it to one byte)')
  let program
  try {
    program = parse(code, { ecmaVersion: 'latest', sourceType: 'script', ranges: true, locations: true, allowReturnOutsideFunction: false })
  } catch (error) {
    const { pos = 0, message } = error as { pos?: number; message: string }
    add(pos, `does not parse: ${message}`)
    return faults
  }
  const seen = new Set<string>()
  const report: Report = (node, message) => {
    const key = `${node.start} ${message}`
    if (seen.has(key)) return
    seen.add(key)
    add(node.start, message)
  }
  const visitAll = (node: AnyNode, parents: AnyNode[]): void => {
    const path = [...parents, node]
    checkNode(node, path, report)
    for (const child of childrenOf(node)) visitAll(child, path)
  }
  visitAll(program, [])
  const { early, free } = analyseOrder(program)
  for (const use of early) add(use.position, use.message)
  // `typeof X` does not count: that is how a port asks whether X is there.
  for (const use of free) if (ABSENT.has(use.name)) add(use.position, `${use.name} does not exist`)
  return faults
}

/** The same as problems of a text that is called `name`, each with what is around it. */
export function checkEspruino(code: string, name: string): Problem[] {
  return findFaults(code).map(({ position, message }) => ({ file: name, line: lineOf(code, position), message: `Espruino: ${message} near ${near(code, position)}` }))
}
