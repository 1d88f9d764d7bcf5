import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { typed, type Rule } from '../rule.js'

/** Row "declare before use": no circular imports. Types do not count: they are gone after compiling. */
export const noImportCycle: Rule = {
  row: 'declare before use',
  why: 'in a bundle the modules of a cycle stand one after the other, so one of them is used before its declaration',
  option: undefined,
  create(context) {
    return {
      ImportDeclaration(node) {
        const program = typed(context).program
        const target = resolve(context.filename, node.source.value)
        const file = program.getSourceFile(context.filename)
        if (target === undefined || file === undefined || !valueImports(file).includes(node.source.value)) return
        const path = pathTo(program, target, context.filename, new Set())
        if (path === undefined) return
        const names = [context.filename, ...path].map((name) => relative(dirname(context.filename), name))
        context.report(node, `circular import: ${names.join(' -> ')}`)
      }
    }
  }
}

/** The source file that a relative specifier means; undefined for a package. */
function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = join(dirname(from), specifier.replace(/\.js$/, '.ts'))
  return existsSync(path) ? path : undefined
}

/** The specifiers that a file imports values from. */
function valueImports(file: ts.SourceFile): string[] {
  return file.statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) {
      const clause = statement.importClause
      if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return []
      const named = clause?.namedBindings
      if (clause !== undefined && clause.name === undefined && named !== undefined && ts.isNamedImports(named) &&
        named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly)) return []
      return [(statement.moduleSpecifier as ts.StringLiteral).text]
    }
    if (ts.isExportDeclaration(statement) && !statement.isTypeOnly && statement.moduleSpecifier !== undefined) {
      return [(statement.moduleSpecifier as ts.StringLiteral).text]
    }
    return []
  })
}

/** The files from `from` to `goal`, both included; undefined when `from` does not lead there. */
function pathTo(program: ts.Program, from: string, goal: string, seen: Set<string>): string[] | undefined {
  if (from === goal) return [from]
  if (seen.has(from)) return undefined
  seen.add(from)
  const file = program.getSourceFile(from)
  if (file === undefined) return undefined
  for (const specifier of valueImports(file)) {
    const next = resolve(from, specifier)
    const rest = next === undefined ? undefined : pathTo(program, next, goal, seen)
    if (rest !== undefined) return [from, ...rest]
  }
  return undefined
}
