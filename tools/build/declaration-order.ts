/**
 * Uses of a name before its declaration was executed. Espruino does not hoist: a function, class or variable exists from
 * the moment its declaration runs. Two cases:
 *
 * - a use in the same function (or at top level) that stands before the declaration;
 * - a call or `new` that stands before a declaration and reaches it: through the function called, the functions and
 *   classes which that one names, and so on. It errs on the side of reporting: what is named is taken to be called.
 */
import type { AnyNode, Program } from 'acorn'
import { analyze, type Reference, type Scope, type Variable } from 'eslint-scope'

export interface EarlyUse {
  position: number
  message: string
}

type Range = readonly [number, number]

function rangeOf(node: unknown): Range {
  const { start, end } = node as { start: number; end: number }
  return [start, end]
}

/** From where on the name exists; undefined for parameters, catch bindings and a function expression's own name. */
function existsFrom(variable: Variable): number | undefined {
  let from: number | undefined
  if (variable.scope.type === 'function-expression-name' || variable.scope.type === 'class') return undefined
  for (const def of variable.defs) {
    if (def.type !== 'FunctionName' && def.type !== 'ClassName' && def.type !== 'Variable') return undefined
    const [start, end] = rangeOf(def.node)
    const isVar = def.type === 'Variable' && (def.parent as { kind?: string } | null)?.kind === 'var'
    const here = def.type === 'Variable' && !isVar ? end : start
    from = from === undefined ? here : Math.min(from, here)
  }
  return from
}

class Analysis {
  readonly found: EarlyUse[] = []
  private readonly scopes: Scope[]
  private readonly references: Reference[]
  private readonly global: Scope

  constructor(private readonly program: Program) {
    const manager = analyze(program as never, { ecmaVersion: 2022, sourceType: 'commonjs', ignoreEval: true } as never)
    this.scopes = manager.scopes
    this.global = manager.globalScope as Scope
    this.references = manager.scopes.flatMap(scope => scope.references)
      .sort((a, b) => rangeOf(a.identifier)[0] - rangeOf(b.identifier)[0])
  }

  run(): EarlyUse[] {
    this.findDirect()
    this.findCalls()
    return this.found
  }

  /** Names that the bundle takes from outside, `typeof` questions left out. */
  free(): { name: string; position: number }[] {
    const asked = new Set<number>()
    this.walk(this.program as AnyNode, node => {
      if (node.type === 'UnaryExpression' && node.operator === 'typeof' && node.argument.type === 'Identifier') asked.add(node.argument.start)
    })
    return this.global.through
      .map(reference => ({ name: (reference.identifier as { name: string }).name, position: rangeOf(reference.identifier)[0] }))
      .filter(one => !asked.has(one.position))
  }

  private walk(node: AnyNode, visit: (node: AnyNode) => void): void {
    visit(node)
    for (const value of Object.values(node).flat()) {
      if (value !== null && typeof value === 'object' && typeof (value as AnyNode).type === 'string') this.walk(value as AnyNode, visit)
    }
  }

  private findDirect(): void {
    for (const scope of this.scopes) {
      for (const variable of scope.variables) {
        const from = existsFrom(variable)
        if (from === undefined) continue
        for (const reference of variable.references) {
          const [position] = rangeOf(reference.identifier)
          if (reference.init === true || position >= from) continue
          if (reference.from.variableScope !== variable.scope.variableScope) continue
          this.found.push({ position, message: `${variable.name} is used before its declaration` })
        }
      }
    }
  }

  private findCalls(): void {
    const bodies = this.scopes.filter(scope => scope.variableScope === scope && scope !== this.global)
      .map((scope, depth) => ({ scope, depth, range: rangeOf(scope.block) }))
      // The innermost first; inner ones come later in the list, also where they are as long as what holds them.
      .sort((a, b) => (a.range[1] - a.range[0]) - (b.range[1] - b.range[0]) || b.depth - a.depth)
    const late = this.lateVariables()
    this.walk(this.program as AnyNode, node => {
      if (node.type !== 'CallExpression' && node.type !== 'NewExpression' && node.type !== 'TaggedTemplateExpression') return
      const body = bodies.find(({ range }) => range[0] <= node.start && node.end <= range[1])
      const candidates = body && late.get(body.scope)
      if (candidates !== undefined && candidates.some(one => existsFrom(one)! > node.start)) this.reach(node, new Set(candidates))
    })
  }

  /** Per function body, the names of its own that some nested function uses. */
  private lateVariables(): Map<Scope, Variable[]> {
    const late = new Map<Scope, Variable[]>()
    for (const scope of this.scopes) {
      for (const variable of scope.variables) {
        if (existsFrom(variable) === undefined) continue
        const body = variable.scope.variableScope
        if (!variable.references.some(reference => reference.from.variableScope !== body)) continue
        late.set(body, [...(late.get(body) ?? []), variable])
      }
    }
    return late
  }

  private reach(call: AnyNode, candidates: Set<Variable>): void {
    const seen = new Set<Variable>()
    const ranges: Range[] = [rangeOf(call)]
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      for (const reference of this.within(range)) {
        const variable = reference.resolved
        if (variable === null || seen.has(variable)) continue
        seen.add(variable)
        const from = existsFrom(variable)
        const isInside = from !== undefined && from >= call.start && from <= call.end
        if (candidates.has(variable) && from !== undefined && from > call.start && !isInside) {
          this.found.push({ position: call.start, message: `this call reaches ${variable.name} before its declaration` })
          return
        }
        for (const def of variable.defs) {
          if (def.type === 'FunctionName' || def.type === 'ClassName') ranges.push(rangeOf(def.node))
        }
        for (const write of variable.references) {
          if (write.isWrite() && write.writeExpr) ranges.push(rangeOf(write.writeExpr))
        }
      }
    }
  }

  private within([start, end]: Range): Reference[] {
    let low = 0
    let high = this.references.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (rangeOf(this.references[middle]!.identifier)[0] < start) low = middle + 1
      else high = middle
    }
    const inside: Reference[] = []
    for (let i = low; i < this.references.length && rangeOf(this.references[i]!.identifier)[0] < end; i++) inside.push(this.references[i]!)
    return inside
  }
}

/** Early uses, and the names that the program takes from outside. */
export function analyseOrder(program: Program): { early: EarlyUse[]; free: { name: string; position: number }[] } {
  const analysis = new Analysis(program)
  return { early: analysis.run(), free: analysis.free() }
}
