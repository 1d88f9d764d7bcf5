/**
 * Turns the record of the small core (firmware/small/core.ts) into variables. A bundle that has a function `flatCore` has
 * functions on one record, which each takes as its first argument, `core`; here the record's members become variables of the
 * module, and the argument goes. A variable costs an Espruino board what a member costs and is found faster, and a parameter
 * costs a variable for each function. The price: the module has one client, and `create` again ends the one before. (As
 * variables of a factory, for as many clients as one likes, each function would take three variables more.)
 *
 * Methods of `Client` that only pass their arguments on become names of the functions themselves. Members that only ever
 * are `true` or `false` become 1 and 0: a boolean takes two variables there, a small number one.
 */
import { parse, type AnyNode, type FunctionDeclaration, type MethodDefinition, type ObjectExpression, type Program, type Statement } from 'acorn'
import { applyEdits, type Edit } from './edits.js'
import { NONE } from './shorten.js'

const RECORD = 'core'
const MAKER = 'flatCore'
/** Where the functions on the record stand. */
const FOLDER = /firmware\/(small|tiny)\//

function children(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter((value): value is AnyNode => value !== null && typeof value === 'object' && typeof (value as AnyNode).type === 'string')
}

function isRecord(node: AnyNode | null | undefined): boolean {
  return node?.type === 'Identifier' && node.name === RECORD
}

function variable(member: string): string {
  return `$${member.replace(/_$/, '')}`
}

class Flattening {
  private readonly booleans = new Set<string>()

  constructor(private readonly code: string) {}

  private fail(node: AnyNode, why: string): never {
    throw new Error(`flatten: ${why}: ${this.code.slice(node.start, node.end).slice(0, 120)}`)
  }

  /** The name of `core.name_`. */
  private memberOf(node: AnyNode): string | undefined {
    return node.type === 'MemberExpression' && !node.computed && isRecord(node.object) && node.property.type === 'Identifier' ? node.property.name : undefined
  }

  private isBoolean(node: AnyNode): boolean {
    return node.type === 'Literal' && typeof node.value === 'boolean'
  }

  /** Members that are nothing but `true` and `false` wherever they are set. */
  findBooleans(made: ObjectExpression, nodes: AnyNode[]): void {
    for (const one of made.properties) if (one.type === 'Property' && one.key.type === 'Identifier' && this.isBoolean(one.value)) this.booleans.add(one.key.name)
    const visit = (node: AnyNode): void => {
      if (node.type === 'AssignmentExpression') {
        const name = this.memberOf(node.left)
        if (name !== undefined && !this.isBoolean(node.right)) this.booleans.delete(name)
      }
      children(node).forEach(visit)
    }
    nodes.forEach(visit)
  }

  private edits(node: AnyNode, edits: Edit[]): void {
    const name = this.memberOf(node)
    if (name !== undefined) {
      edits.push({ start: node.start, end: node.end, text: variable(name) })
      return
    }
    if (node.type === 'AssignmentExpression' && this.booleans.has(this.memberOf(node.left) ?? '')) {
      edits.push({ start: node.start, end: node.end, text: `${variable(this.memberOf(node.left)!)} = ${this.code.slice(node.right.start, node.right.end) === 'true' ? 1 : 0}` })
      return
    }
    if (node.type === 'CallExpression' && node.arguments.some(isRecord)) {
      // Also one that goes through the port's guard to a function of ours.
      const rest = node.arguments.filter((one) => !isRecord(one))
      const inner = rest.map((one) => this.text(one)).join(', ')
      edits.push({ start: node.arguments[0]!.start, end: node.arguments[node.arguments.length - 1]!.end, text: inner })
      this.edits(node.callee, edits)
      return
    }
    if (isRecord(node)) this.fail(node, 'the record is used as a value')
    for (const child of children(node)) this.edits(child, edits)
  }

  /** The text of a node without the record. */
  text(node: AnyNode): string {
    const edits: Edit[] = []
    const start = node.start
    if (node.type === 'FunctionDeclaration' && isRecord(node.params[0])) {
      const next = node.params[1]
      edits.push({ start: node.params[0]!.start, end: next === undefined ? node.params[0]!.end : next.start, text: '' })
      for (const param of node.params.slice(1)) this.edits(param, edits)
      this.edits(node.body, edits)
    } else this.edits(node, edits)
    return applyEdits(this.code.slice(start, node.end), edits.map((one) => ({ ...one, start: one.start - start, end: one.end - start })))
  }

  /** The record's members as variables; those that are arguments of the maker get their values in `create`, those it does not have later. */
  state(maker: FunctionDeclaration, made: ObjectExpression, users: AnyNode[]): { text: string; given: string[] } {
    const params = maker.params.map((one) => this.code.slice(one.start, one.end))
    const given: string[] = []
    const before = maker.body.body.filter((one) => one.type === 'VariableDeclaration' && one.declarations[0]?.init !== made).map((one) => this.code.slice(one.start, one.end))
    const names = new Set<string>()
    const variables = made.properties.map((one) => {
      if (one.type !== 'Property' || one.key.type !== 'Identifier') return this.fail(one, 'a member without a name')
      const name = variable(one.key.name)
      names.add(name)
      const value = this.code.slice(one.value.start, one.value.end)
      if (params.includes(value)) {
        given.push(`${name} = ${value};`)
        return name
      }
      if (value === 'undefined' || value === NONE) return name
      return `${name} = ${this.booleans.has(one.key.name) ? (value === 'true' ? 1 : 0) : value}`
    })
    const visit = (node: AnyNode): void => {
      const name = this.memberOf(node)
      if (name !== undefined && !names.has(variable(name))) {
        names.add(variable(name))
        variables.push(variable(name))
      }
      children(node).forEach(visit)
    }
    users.forEach(visit)
    return { text: [...before, `let ${variables.join(', ')};`].join('\n'), given }
  }

  /** The literal that the maker returns: `const core = { ... }`. */
  made(maker: FunctionDeclaration): ObjectExpression {
    for (const one of maker.body.body) {
      if (one.type === 'VariableDeclaration' && isRecord(one.declarations[0]?.id) && one.declarations[0]?.init?.type === 'ObjectExpression') return one.declarations[0].init
    }
    return this.fail(maker, `${MAKER} must make the record as "const ${RECORD} = { ... }"`)
  }

  private isThisCore(node: AnyNode | undefined): boolean {
    return node?.type === 'MemberExpression' && node.object.type === 'ThisExpression' && node.property.type === 'Identifier' && node.property.name === `${RECORD}_`
  }

  /** A method that passes its arguments on, as the function it calls. */
  method(node: MethodDefinition): string {
    const call = node.value.body.body[0]
    const callee = call?.type === 'ReturnStatement' && call.argument?.type === 'CallExpression' ? call.argument : undefined
    const name = node.key.type === 'Identifier' ? node.key.name : this.fail(node, 'a method without a name')
    const same = callee !== undefined && callee.callee.type === 'Identifier' && this.isThisCore(callee.arguments[0]) && callee.arguments.length === node.value.params.length + 1 &&
      node.value.params.every((one, i) => one.type === 'Identifier' && this.code.slice(callee.arguments[i + 1]!.start, callee.arguments[i + 1]!.end) === one.name)
    if (!same) return this.fail(node, 'a method must pass its arguments on to one function')
    return `${name}: ${(callee.callee as { name: string }).name}`
  }

  /** What the constructor does with the record. */
  construct(node: MethodDefinition): string[] {
    return node.value.body.body.filter((one: Statement) => {
      const text = this.code.slice(one.start, one.end)
      return !text.includes(`${MAKER}(`) && !text.includes('this.')
    }).map((one) => this.text(one))
  }
}

/** The bundle with its record taken apart; undefined when it has none. Throws when the record is used in another way. */
export function flatten(code: string): string | undefined {
  const program: Program = parse(code, { ecmaVersion: 2022, sourceType: 'module' })
  // esbuild writes a module's path before it: what an application calls its own arguments is its affair.
  const modules = [...code.matchAll(/^\/\/ (\S+\.ts)$/gm)]
  const isOwn = (at: number): boolean => modules.findLast((one) => one.index < at)?.[1]?.match(FOLDER) != null
  const functions = program.body.filter((one): one is FunctionDeclaration => one.type === 'FunctionDeclaration' && isOwn(one.start))
  const maker = functions.find((one) => one.id.name === MAKER)
  if (maker === undefined) return undefined
  const flattening = new Flattening(code)
  const moved = functions.filter((one) => isRecord(one.params[0]))
  // As esbuild prints a class.
  const face = program.body.find((one) => one.type === 'VariableDeclaration' && isOwn(one.start) && one.declarations[0]?.id.type === 'Identifier' && one.declarations[0].id.name === 'Client')
  const shape = face?.type === 'VariableDeclaration' ? face.declarations[0]!.init : undefined
  const factory = functions.find((one) => one.id.name === 'create')
  if (face === undefined || shape?.type !== 'ClassExpression' || factory === undefined) throw new Error('flatten: a bundle with a record needs the class Client and the function create')
  const methods = shape.body.body.filter((one): one is MethodDefinition => one.type === 'MethodDefinition')
  const constructor = methods.find((one) => one.kind === 'constructor')!
  const made = flattening.made(maker)
  flattening.findBooleans(made, [...moved, constructor])
  const { text: state, given } = flattening.state(maker, made, [...moved, constructor])
  const create = [
    `function create(${factory.params.map((one) => code.slice(one.start, one.end)).join(', ')}) {`,
    ...given, ...flattening.construct(constructor),
    `return { ${methods.filter((one) => one.kind === 'method').map((one) => flattening.method(one)).join(', ')} };`,
    '}'
  ].join('\n')
  const texts = program.body.map((one) => {
    if (one === factory) return create
    if (one === maker || one === face) return ''
    const source = code.slice(one.start, one.end)
    if (moved.includes(one as FunctionDeclaration)) return flattening.text(one)
    return /^\w+\.Client = Client;?$/.test(source) ? '' : source
  })
  // The variables stand as early as what they are made of allows: Espruino looks for a name from the first one on.
  const words = new Set(state.match(/[A-Za-z_$][\w$]*/g))
  const last = program.body.findLastIndex((one) => one.type === 'VariableDeclaration' && one.declarations.some(({ id }) => id.type === 'Identifier' && words.has(id.name)))
  texts.splice(last + 1, 0, state)
  return texts.filter((one) => one !== '').join('\n')
}
