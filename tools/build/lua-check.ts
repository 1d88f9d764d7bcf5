/**
 * Fails on what one of the Lua runtimes does not run, and on a minifier's mistakes. The bundle must be plain Lua 5.1
 * (LuaTask) that means the same on 5.3 with 32-bit numbers (LuatOS), on 5.4 and on LuaJIT.
 */
import { parse, type Identifier, type Node } from 'luaparse'
import type { Problem } from './problem.js'

/** Globals that exist on every runtime and mean the same. Anything else would be nil somewhere. */
const GLOBALS = new Set(['string', 'table', 'math', 'type', 'tostring', 'tonumber', 'ipairs', 'pairs', 'next', 'select', 'setmetatable', 'getmetatable',
  'rawget', 'rawset', 'rawequal', 'assert'])
/** Why some of the others are refused; the rest are "not a global of every Lua". */
const REFUSED: Record<string, string> = {
  pcall: 'a yield inside pcall fails on Lua 5.1', xpcall: 'a yield inside xpcall fails on Lua 5.1', error: 'an uncaught error restarts a LuatOS module',
  bit: 'not on 5.3', bit32: 'not on 5.1', unpack: 'not on 5.3', require: 'a module that was not linked'
}
/** Members of the libraries that are not on all of 5.1, 5.3, 5.4 and LuaJIT. */
const MEMBERS: Record<string, Set<string>> = {
  table: new Set(['concat', 'insert', 'remove', 'sort']),
  string: new Set(['byte', 'char', 'find', 'format', 'gmatch', 'gsub', 'len', 'lower', 'match', 'rep', 'reverse', 'sub', 'upper']),
  math: new Set(['abs', 'ceil', 'floor', 'max', 'min', 'huge'])
}
/** What the parser reads and Lua 5.1 does not. */
const NEWER_STATEMENTS = new Set(['GotoStatement', 'LabelStatement'])
const NEWER_OPERATORS = new Set(['&', '|', '~', '<<', '>>', '//'])
/** Lua 5.1 allows 200 and 60; some room for what the minifier and later versions of the compiler add. */
const MAX_LOCALS = 190
const MAX_UPVALUES = 56

type AnyNode = Node & Record<string, unknown>

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.entries(node).filter(([key]) => key !== 'loc' && key !== 'range' && key !== 'globals')
    .flatMap(([, value]) => Array.isArray(value) ? value : [value])
    .filter((value): value is AnyNode => value !== null && typeof value === 'object' && typeof (value as AnyNode).type === 'string')
}

function parsed(code: string): AnyNode {
  return parse(code, { scope: true, locations: true, comments: false }) as unknown as AnyNode
}

/** Static scopes: how many locals a function has at most, and which outer locals it captures. */
class Limits {
  private readonly functions: { locals: number; most: number; upvalues: Set<string>; line: number }[] = []
  private scopes: Map<string, { owner: number; id: number }>[] = [new Map()]
  private ids = 0

  constructor(private readonly report: (line: number, message: string) => void) {}

  run(chunk: AnyNode): void {
    this.enter(1)
    this.block(chunk.body as AnyNode[])
    this.leave()
  }

  private enter(line: number): void {
    this.functions.push({ locals: 0, most: 0, upvalues: new Set(), line })
    this.scopes.push(new Map())
  }

  private leave(): void {
    const { most, upvalues, line } = this.functions.pop()!
    this.scopes.pop()
    if (most > MAX_LOCALS) this.report(line, `a function with ${most} locals; Lua 5.1 allows 200, the limit here is ${MAX_LOCALS}`)
    if (upvalues.size > MAX_UPVALUES) this.report(line, `a function with ${upvalues.size} upvalues; Lua 5.1 allows 60, the limit here is ${MAX_UPVALUES}`)
  }

  private declare(name: string): void {
    const current = this.functions[this.functions.length - 1]!
    current.locals++
    current.most = Math.max(current.most, current.locals)
    this.scopes[this.scopes.length - 1]!.set(name, { owner: this.functions.length - 1, id: this.ids++ })
  }

  private use(name: string): void {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const found = this.scopes[i]!.get(name)
      if (found === undefined) continue
      // Every function between the user and the owner carries it.
      for (let level = found.owner + 1; level < this.functions.length; level++) this.functions[level]!.upvalues.add(`${name} ${found.id}`)
      return
    }
  }

  private block(statements: AnyNode[]): void {
    this.scopes.push(new Map())
    const before = this.functions[this.functions.length - 1]!.locals
    for (const statement of statements) this.node(statement)
    this.functions[this.functions.length - 1]!.locals = before
    this.scopes.pop()
  }

  private node(node: AnyNode): void {
    const list = (key: string) => (node[key] as AnyNode[] | undefined) ?? []
    const one = (key: string) => { if (node[key]) this.node(node[key] as AnyNode) }
    switch (node.type as string) {
      case 'Identifier': return this.use(node.name as string)
      case 'MemberExpression': return one('base')
      case 'TableKeyString': return one('value')
      case 'LocalStatement':
        list('init').forEach(each => this.node(each))
        list('variables').forEach(each => this.declare(each.name as string))
        return
      case 'FunctionDeclaration': {
        const identifier = node.identifier as AnyNode | null
        if (identifier !== null && node.isLocal === true) this.declare(identifier.name as string)
        else if (identifier !== null) this.node(identifier)
        this.enter((node.loc as { start: { line: number } }).start.line)
        list('parameters').forEach(each => { if (each.type === 'Identifier') this.declare(each.name as string) })
        this.block(list('body'))
        return this.leave()
      }
      case 'ForNumericStatement': case 'ForGenericStatement': {
        if (node.type === 'ForNumericStatement') ['start', 'end', 'step'].forEach(one)
        else list('iterators').forEach(each => this.node(each))
        this.scopes.push(new Map())
        const current = this.functions[this.functions.length - 1]!
        const before = current.locals
        current.locals += 3 // the loop's own hidden ones
        if (node.type === 'ForNumericStatement') this.declare((node.variable as AnyNode).name as string)
        else list('variables').forEach(each => this.declare(each.name as string))
        this.block(list('body'))
        current.locals = before
        this.scopes.pop()
        return
      }
      case 'RepeatStatement': {
        this.scopes.push(new Map())
        const before = this.functions[this.functions.length - 1]!.locals
        for (const statement of list('body')) this.node(statement)
        one('condition')
        this.functions[this.functions.length - 1]!.locals = before
        this.scopes.pop()
        return
      }
      case 'DoStatement': return this.block(list('body'))
      case 'WhileStatement': case 'IfClause': case 'ElseifClause': case 'ElseClause':
        one('condition')
        return this.block(list('body'))
      default: childrenOf(node).forEach(child => this.node(child))
    }
  }
}

/** Every mention of a global, with its line. */
function globalsOf(chunk: AnyNode): [string, number][] {
  const found: [string, number][] = []
  const visit = (node: AnyNode, parent?: AnyNode): void => {
    if (node.type === 'Identifier' && (node as unknown as Identifier & { isLocal?: boolean }).isLocal === false && !isFieldName(node, parent)) {
      found.push([node.name as string, (node.loc as { start: { line: number } } | undefined)?.start.line ?? 0])
    }
    for (const child of childrenOf(node)) visit(child, node)
  }
  visit(chunk)
  return found
}

const foreign = (global: string): string => `global ${global}: ${REFUSED[global] ?? 'not a global of every Lua'}`

/** What a module of the core mentions and not every Lua has; the linker's own names begin with underscores. */
export function checkGlobals(code: string, name: string): Problem[] {
  return globalsOf(parsed(code)).filter(([global]) => !GLOBALS.has(global) && !global.startsWith('____'))
    .map(([global, line]) => ({ file: name, line, message: `Lua: ${foreign(global)}` }))
}

/** What is wrong with a node on Lua 5.1, whose parser is older than ours. */
function newerThan51(node: AnyNode): string | undefined {
  if (NEWER_STATEMENTS.has(node.type)) return 'goto and labels are not in Lua 5.1'
  const isNewer = (node.type === 'BinaryExpression' || node.type === 'UnaryExpression') && NEWER_OPERATORS.has(node.operator as string)
  return isNewer ? `operator ${node.operator as string} is not in Lua 5.1` : undefined
}

/** What Lua 5.1 does not read of a text that somebody else wrote, by line. Throws what the parser throws. */
export function findNewer(code: string): [number, string][] {
  const found: [number, string][] = []
  const visit = (node: AnyNode): void => {
    const newer = newerThan51(node)
    if (newer !== undefined) found.push([(node.loc as { start: { line: number } } | undefined)?.start.line ?? 0, newer])
    childrenOf(node).forEach(visit)
  }
  visit(parsed(code))
  return found
}

/** All problems of a Lua bundle that has not been minified yet, with its lines. `hasPort`: some of it may use what its own runtime has. */
export function checkLua(code: string, name: string, hasPort = false): Problem[] {
  const problems: Problem[] = []
  const add = (line: number, message: string) => { problems.push({ file: name, line, message: `Lua: ${message}` }) }
  // eslint-disable-next-line no-control-regex
  const wide = /[^\x00-\x7f]/.exec(code)
  if (wide !== null) add(code.slice(0, wide.index).split('\n').length, 'a character outside ASCII becomes several bytes; write bytes with b1..b4')
  let chunk: AnyNode
  try {
    chunk = parsed(code)
  } catch (error) {
    const { line = 0, message } = error as { line?: number; message: string }
    add(line, `does not parse: ${message}`)
    return problems
  }
  if (!hasPort) for (const [global, line] of globalsOf(chunk)) if (!GLOBALS.has(global)) add(line, foreign(global))
  const visit = (node: AnyNode): void => {
    const line = (node.loc as { start: { line: number } } | undefined)?.start.line ?? 0
    if (!hasPort && node.type === 'MemberExpression' && (node.base as AnyNode).type === 'Identifier' && (node.base as AnyNode).isLocal === false) {
      const library = (node.base as AnyNode).name as string
      const member = (node.identifier as AnyNode).name as string
      if (MEMBERS[library] !== undefined && !MEMBERS[library].has(member)) add(line, `${library}.${member}: not on every Lua`)
    }
    const newer = newerThan51(node)
    if (newer !== undefined) add(line, newer)
    if (node.type === 'NumericLiteral') {
      const value = node.value as number
      if (value > 2147483647) add(line, `number ${value}: LuatOS integers end at 2147483647`)
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(chunk)
  new Limits(add).run(chunk)
  return problems
}

function isFieldName(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (parent === undefined) return false
  return (parent.type === 'MemberExpression' && parent.identifier === node) || (parent.type === 'TableKeyString' && parent.key === node)
}

/** The minified text must be the same program: the same tree but for the names of locals, which map one to one. */
export function checkSameProgram(source: string, minified: string, name: string): Problem[] {
  let a: AnyNode
  let b: AnyNode
  try {
    a = parsed(source)
    b = parsed(minified)
  } catch (error) {
    return [{ file: name, line: 0, message: `Lua: the minified text does not parse: ${(error as Error).message}` }]
  }
  const difference = new Comparison().firstDifference(a, b, undefined)
  return difference === undefined ? [] : [{ file: name, line: difference.line, message: `Lua: the minifier changed the program: ${difference.what}` }]
}

class Comparison {
  private readonly forth = new Map<string, string>()
  private readonly back = new Map<string, string>()

  firstDifference(a: AnyNode, b: AnyNode, parent: AnyNode | undefined): { line: number; what: string } | undefined {
    const line = (a.loc as { start: { line: number } } | undefined)?.start.line ?? 0
    if (a.type !== b.type) return { line, what: `${a.type} became ${b.type}` }
    if (a.type === 'Identifier') {
      const [from, to] = [a.name as string, b.name as string]
      const isLocal = a.isLocal === true && !isFieldName(a, parent)
      if (!isLocal && from !== to) return { line, what: `${from} became ${to}` }
      if (isLocal) {
        const [known, source] = [this.forth.get(from) ?? to, this.back.get(to) ?? from]
        if (known !== to || source !== from) return { line, what: `the local ${from} became ${to}, as ${source === from ? `it was ${known}` : `${source} did`} before` }
        this.forth.set(from, to)
        this.back.set(to, from)
      }
    }
    for (const key of ['operator', 'value', 'indexer', 'isLocal'] as const) {
      const [left, right] = [a[key], b[key]]
      if ((typeof left !== 'object' || left === null) && left !== right) return { line, what: `${key} ${String(left)} became ${String(right)}` }
    }
    const left = childrenOf(a)
    const right = childrenOf(b)
    if (left.length !== right.length) return { line, what: `${a.type} has ${right.length} parts and had ${left.length}` }
    for (const [i, child] of left.entries()) {
      const found = this.firstDifference(child, right[i]!, a)
      if (found !== undefined) return found
    }
    return undefined
  }
}
