/**
 * Links Lua modules into one chunk. typescript-to-lua gives each module a table of exports and a local for each import; here an
 * export is a local of the chunk, which the modules' functions share, and what a module keeps to itself lies in a block of its
 * own. That saves the tables, a lookup and a local for each import, and memory for each function that uses one. Lua allows 200
 * locals at a time: where the exports are more, the modules that are imported least keep their tables.
 */
import { parse } from 'luaparse'
import { applyEdits, type Edit } from './edits.js'

export interface LinkedModule {
  /** The name by which the others mention it: `____folder_file`. */
  name: string
  code: string
}

/** Locals that the chunk may have at a time, of the 200: some room for the library's and the check's own limit. */
const MOST_LOCALS = 175

interface AnyNode { type: string; range: [number, number]; [key: string]: unknown }

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.entries(node).filter(([key]) => key !== 'loc' && key !== 'range' && key !== 'globals')
    .flatMap(([, value]) => Array.isArray(value) ? value : [value])
    .filter((value): value is AnyNode => value !== null && typeof value === 'object' && typeof (value as AnyNode).type === 'string')
}

const nameOf = (node: AnyNode): string => node.name as string

/** The module that a local stands for, in `local ____file_2Ejs = ____folder_file`. */
function aliasOf(statement: AnyNode, modules: Set<string>): [string, string] | undefined {
  if (statement.type !== 'LocalStatement') return undefined
  const [variables, init] = [statement.variables as AnyNode[], statement.init as AnyNode[]]
  const value = init[0]
  return variables.length === 1 && init.length === 1 && value!.type === 'Identifier' && modules.has(nameOf(value!)) ? [nameOf(variables[0]!), nameOf(value!)] : undefined
}

/** `local name = alias.member`. */
function importOf(statement: AnyNode, aliases: Map<string, string>): { local: string; module: string; member: string } | undefined {
  if (statement.type !== 'LocalStatement') return undefined
  const [variables, init] = [statement.variables as AnyNode[], statement.init as AnyNode[]]
  const value = init[0]
  if (variables.length !== 1 || init.length !== 1 || value!.type !== 'MemberExpression') return undefined
  const base = value!.base as AnyNode
  const module = base.type === 'Identifier' ? aliases.get(nameOf(base)) : undefined
  return module === undefined ? undefined : { local: nameOf(variables[0]!), module, member: nameOf(value!.identifier as AnyNode) }
}

/** `____exports.member = name`. */
function exportOf(statement: AnyNode): [string, string] | undefined {
  if (statement.type !== 'AssignmentStatement') return undefined
  const [target, value] = [(statement.variables as AnyNode[])[0]!, (statement.init as AnyNode[])[0]!]
  if (target.type !== 'MemberExpression' || value.type !== 'Identifier') return undefined
  const base = target.base as AnyNode
  return base.type === 'Identifier' && nameOf(base) === '____exports' ? [nameOf(target.identifier as AnyNode), nameOf(value)] : undefined
}

/** `do local ____export = ____folder_file; ____exports.member = ____export.source ... end`: what `export { source as member } from` becomes. */
function reexportsOf(statement: AnyNode, modules: Set<string>): { module: string; members: [string, string][] } | undefined {
  if (statement.type !== 'DoStatement') return undefined
  const [first, ...rest] = statement.body as AnyNode[]
  const alias = first === undefined ? undefined : aliasOf(first, modules)
  if (alias === undefined) return undefined
  const members = rest.map((one): [string, string] => [
    nameOf(((one.variables as AnyNode[])[0]!).identifier as AnyNode), nameOf(((one.init as AnyNode[])[0]!).identifier as AnyNode)
  ])
  return { module: alias[1], members }
}

interface Parsed {
  module: LinkedModule
  body: AnyNode[]
  aliases: Map<string, string>
  imports: { statement: AnyNode; local: string; module: string; member: string }[]
  /** From the name that others ask for to the local it is. */
  exports: Map<string, string>
  /** Nothing but the shapes above touches its exports. */
  isPlain: boolean
}

function read(module: LinkedModule, modules: Set<string>): Parsed {
  const chunk = parse(module.code, { scope: true, locations: false, comments: false, ranges: true } as never) as unknown as AnyNode
  const body = chunk.body as AnyNode[]
  const aliases = new Map<string, string>()
  const parsed: Parsed = { module, body, aliases, imports: [], exports: new Map(), isPlain: true }
  const shapes = new Set<AnyNode>()
  for (const statement of body) {
    const alias = aliasOf(statement, modules)
    const from = importOf(statement, aliases)
    const out = exportOf(statement)
    if (alias !== undefined) aliases.set(...alias)
    else if (from !== undefined) parsed.imports.push({ statement, ...from })
    else if (out !== undefined) {
      parsed.exports.set(...out)
      shapes.add(statement)
    } else if (statement.type === 'ReturnStatement' || statement.type === 'LocalStatement' && nameOf((statement.variables as AnyNode[])[0]!) === '____exports') shapes.add(statement)
  }
  const mentions = (node: AnyNode): boolean => node.type === 'Identifier' && node.name === '____exports' || childrenOf(node).some(mentions)
  parsed.isPlain = body.every(statement => shapes.has(statement) || !mentions(statement)) && [...parsed.exports.values()].every(one => isDeclared(body, one))
  return parsed
}

/** A local of the module's own top level, and not what it imported. */
function isDeclared(body: AnyNode[], name: string): boolean {
  return body.some(statement => statement.type === 'LocalStatement' && (statement.variables as AnyNode[]).some(one => nameOf(one) === name) ||
    statement.type === 'FunctionDeclaration' && statement.isLocal === true && nameOf(statement.identifier as AnyNode) === name)
}

/** Finds every mention of the names that the chunk's own level has, past parameters and locals that hide them. */
class Mentions {
  readonly found: { node: AnyNode; name: string }[] = []
  private scopes: Set<string>[] = []

  constructor(private readonly names: Map<string, string>) {}

  /** The statements of the top level; what they declare is not a hiding. */
  top(body: AnyNode[]): void {
    for (const statement of body) this.node(statement, true)
  }

  private hidden(name: string): boolean {
    return this.scopes.some(scope => scope.has(name))
  }

  private declare(name: string): void {
    this.scopes.at(-1)?.add(name)
  }

  private inside(fn: () => void): void {
    this.scopes.push(new Set())
    fn()
    this.scopes.pop()
  }

  private use(node: AnyNode): void {
    const name = nameOf(node)
    if (this.names.has(name) && !this.hidden(name)) this.found.push({ node, name })
  }

  private list(nodes: AnyNode[]): void {
    for (const one of nodes) this.node(one)
  }

  private node(node: AnyNode, isTop = false): void {
    const many = (key: string) => this.list((node[key] as AnyNode[] | undefined) ?? [])
    const one = (key: string) => { if (node[key]) this.node(node[key] as AnyNode) }
    switch (node.type) {
      case 'Identifier': return this.use(node)
      case 'MemberExpression': return one('base')
      case 'TableKeyString': return one('value')
      case 'LocalStatement':
        many('init')
        for (const variable of node.variables as AnyNode[]) {
          if (isTop) this.use(variable)
          else this.declare(nameOf(variable))
        }
        return
      case 'FunctionDeclaration': {
        const identifier = node.identifier as AnyNode | null
        if (identifier !== null && node.isLocal === true && !isTop) this.declare(nameOf(identifier))
        else if (identifier !== null) this.node(identifier)
        return this.inside(() => {
          for (const each of node.parameters as AnyNode[]) if (each.type === 'Identifier') this.declare(nameOf(each))
          many('body')
        })
      }
      case 'ForNumericStatement':
        ['start', 'end', 'step'].forEach(one)
        return this.inside(() => {
          this.declare(nameOf(node.variable as AnyNode))
          many('body')
        })
      case 'ForGenericStatement':
        many('iterators')
        return this.inside(() => {
          for (const each of node.variables as AnyNode[]) this.declare(nameOf(each))
          many('body')
        })
      case 'RepeatStatement':
        return this.inside(() => {
          many('body')
          one('condition')
        })
      case 'DoStatement': case 'ElseClause': return this.inside(() => many('body'))
      case 'WhileStatement': case 'IfClause': case 'ElseifClause':
        one('condition')
        return this.inside(() => many('body'))
      default: this.list(childrenOf(node))
    }
  }
}

/** Locals of a module's own top level. */
function localsOf({ body }: Parsed): number {
  return body.reduce((sum, statement) => sum + (statement.type === 'LocalStatement' ? (statement.variables as AnyNode[]).length : statement.type === 'FunctionDeclaration' ? 1 : 0), 0)
}

/** Which modules give up their tables: those imported most, as long as the locals suffice; a table takes one too. */
function chooseFlat(all: Parsed[], entry: Parsed): Set<string> {
  const room = MOST_LOCALS - Math.max(localsOf(entry), ...all.map(localsOf))
  const importers = new Map<string, number>()
  for (const one of all) for (const each of one.imports) importers.set(each.module, (importers.get(each.module) ?? 0) + 1)
  const flat = new Set<string>()
  let locals = all.length
  for (const one of [...all].sort((a, b) => (importers.get(b.module.name) ?? 0) - (importers.get(a.module.name) ?? 0))) {
    if (!one.isPlain || locals - 1 + one.exports.size > room) continue
    locals += one.exports.size - 1
    flat.add(one.module.name)
  }
  return flat
}

/** The text of a module with what it imports from flat modules, and what it exports as one, under the chunk's names. */
function rewritten({ module, body, aliases, imports, exports }: Parsed, flat: Set<string>, symbols: Map<string, string>): string {
  const isFlat = flat.has(module.name)
  const edits: Edit[] = []
  const cut = (node: AnyNode) => edits.push({ start: node.range[0], end: node.range[1], text: '' })
  const names = new Map<string, string>()
  for (const { local, module: from, member } of imports) {
    const symbol = symbols.get(`${from} ${member}`)
    if (symbol !== undefined) names.set(local, symbol)
  }
  if (isFlat) for (const [member, local] of exports) names.set(local, symbols.get(`${module.name} ${member}`)!)
  const gone = new Set<AnyNode>()
  for (const { statement, local } of imports) if (names.has(local)) gone.add(statement)
  // An alias goes when nothing asks its table for anything any more.
  const asked = new Set(imports.filter(({ statement }) => !gone.has(statement)).map(one => one.module))
  for (const statement of body) {
    const [, from] = statement.type === 'LocalStatement' ? [undefined, aliases.get(nameOf((statement.variables as AnyNode[])[0]!))] : []
    if (from !== undefined && (statement.init as AnyNode[])[0]?.type === 'Identifier' && !asked.has(from) && flat.has(from)) gone.add(statement)
    if (isFlat && (exportOf(statement) !== undefined || statement.type === 'ReturnStatement' || statement.type === 'LocalStatement' && nameOf((statement.variables as AnyNode[])[0]!) === '____exports')) gone.add(statement)
  }
  gone.forEach(cut)
  for (const statement of body) {
    const given = reexportsOf(statement, flat)
    if (given === undefined) continue
    gone.add(statement)
    const text = given.members.map(([member, source]) => `____exports.${member} = ${symbols.get(`${given.module} ${source}`)!}`).join('\n')
    edits.push({ start: statement.range[0], end: statement.range[1], text })
  }
  const mentions = new Mentions(names)
  mentions.top(body.filter(statement => !gone.has(statement)))
  const exported = new Set(isFlat ? exports.values() : [])
  for (const statement of body) {
    if (gone.has(statement)) continue
    // What is declared outside of the block is only given its value here.
    const keyword = { start: statement.range[0], end: statement.range[0] + 'local '.length, text: '' }
    if (statement.type === 'FunctionDeclaration' && statement.isLocal === true && exported.has(nameOf(statement.identifier as AnyNode))) edits.push(keyword)
    else if (statement.type === 'LocalStatement') {
      const variables = statement.variables as AnyNode[]
      const given = variables.filter(one => exported.has(nameOf(one)))
      if (given.length === 0) continue
      if ((statement.init as AnyNode[]).length > 0) {
        if (given.length < variables.length) throw new Error(`${module.name}: a local statement with exported names and others`)
        edits.push(keyword)
      } else {
        const rest = variables.filter(one => !exported.has(nameOf(one))).map(nameOf)
        mentions.found.splice(0, mentions.found.length, ...mentions.found.filter(({ node }) => !variables.includes(node)))
        edits.push({ start: statement.range[0], end: statement.range[1], text: rest.length === 0 ? '' : `local ${rest.join(', ')}` })
      }
    }
  }
  for (const { node, name } of mentions.found) edits.push({ start: node.range[0], end: node.range[1], text: names.get(name)! })
  return applyEdits(module.code, edits)
}

/** The modules in their order as one chunk; the last one is what the chunk returns. */
export function linkModules(modules: LinkedModule[]): string {
  const names = new Set(modules.map(one => one.name))
  const all = modules.map(one => read(one, names))
  const last = all.at(-1)!
  const flat = chooseFlat(all.slice(0, -1), last)
  const symbols = new Map<string, string>()
  for (const one of all) if (flat.has(one.module.name)) for (const [member, local] of one.exports) symbols.set(`${one.module.name} ${member}`, `${one.module.name}_${local}`)
  return all.map(one => {
    const code = rewritten(one, flat, symbols).replace(/^\s*\n/gm, '').trim()
    if (one === last) return code
    if (!flat.has(one.module.name)) return `local ${one.module.name} = (function()\n${code}\nend)()`
    const outer = [...one.exports.keys()].map(member => symbols.get(`${one.module.name} ${member}`)!)
    return [...(outer.length > 0 ? [`local ${[...new Set(outer)].join(', ')}`] : []), ...(code === '' ? [] : ['do', code, 'end'])].join('\n')
  }).join('\n')
}
