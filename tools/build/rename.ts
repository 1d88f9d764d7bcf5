/**
 * Short names for Lua, given in the TypeScript texts, because no Lua minifier renames fields: members that end in `_`,
 * as esbuild's mangleProps does it for Espruino, and the exports of every module but the entry. Exports move to one list
 * at the end of the file, so that inside a module a function is a local and not a field of the exports table.
 */
import path from 'node:path'
import ts from 'typescript'
import { applyEdits, type Edit } from './edits.js'
import type { Problem } from './problem.js'
import type { Texts } from './program.js'
import { shown } from './root.js'

const PRIVATE = /[^_]_$/
const KEYWORDS = new Set(['and', 'break', 'do', 'else', 'elseif', 'end', 'false', 'for', 'function', 'goto', 'if', 'in', 'local', 'nil', 'not', 'or',
  'repeat', 'return', 'then', 'true', 'until', 'while'])

/** a, b, ... z, aa, ab, ... without Lua's keywords and the names in `taken`. */
export function* shortNames(taken: ReadonlySet<string>): Generator<string> {
  for (let n = 0; ; n++) {
    let name = ''
    for (let rest = n; rest >= 0; rest = Math.floor(rest / 26) - 1) name = String.fromCharCode(97 + rest % 26) + name
    if (!taken.has(name) && !KEYWORDS.has(name)) yield name
  }
}

function isMemberName(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent)) return parent.name === node
  // A constructor parameter that is also a member keeps both names in one word.
  return false
}

function isParameterProperty(node: ts.Identifier): boolean {
  return ts.isParameter(node.parent) && node.parent.name === node && ts.isParameterPropertyDeclaration(node.parent, node.parent.parent)
}

function visitIdentifiers(file: ts.SourceFile, visit: (node: ts.Identifier) => void): void {
  const walk = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) visit(node)
    ts.forEachChild(node, walk)
  }
  walk(file)
}

/** From a private member's name to its short one: the most used get the shortest. */
function privateNames(files: ts.SourceFile[]): Map<string, string> {
  const uses = new Map<string, number>()
  const taken = new Set<string>()
  for (const file of files) {
    visitIdentifiers(file, node => {
      if (!isMemberName(node) && !ts.isShorthandPropertyAssignment(node.parent) && !isParameterProperty(node)) return
      if (PRIVATE.test(node.text)) uses.set(node.text, (uses.get(node.text) ?? 0) + 1)
      else taken.add(node.text)
    })
  }
  const ordered = [...uses.keys()].sort((a, b) => uses.get(b)! - uses.get(a)! || (a < b ? -1 : 1))
  const fresh = shortNames(taken)
  return new Map(ordered.map(name => [name, fresh.next().value as string]))
}

function hasExport(node: ts.Statement): ts.ModifierLike | undefined {
  return ts.canHaveModifiers(node) ? ts.getModifiers(node)?.find(one => one.kind === ts.SyntaxKind.ExportKeyword) : undefined
}

/** The local names that a statement exports as values. */
function exportedHere(node: ts.Statement): string[] {
  if (hasExport(node) === undefined) return []
  if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && node.name !== undefined) return [node.name.text]
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.map(one => one.name.getText())
  return []
}

/** Per file, from the name of an exported value to the name it is exported under; those of `whole` keep theirs. */
function exportNames(files: ts.SourceFile[], whole: Set<string>): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>()
  for (const file of files) {
    const isWhole = whole.has(path.normalize(file.fileName))
    const names = file.statements.flatMap(statement => {
      if (ts.isExportDeclaration(statement) && !statement.isTypeOnly && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)) {
        return statement.exportClause.elements.filter(one => !one.isTypeOnly).map(one => one.name.text)
      }
      return exportedHere(statement)
    })
    const fresh = shortNames(new Set())
    all.set(path.normalize(file.fileName), new Map(names.map(name => [name, isWhole ? name : fresh.next().value as string])))
  }
  return all
}

function importedFile(from: ts.SourceFile, specifier: ts.Expression, paths: Record<string, string>): string {
  const text = (specifier as ts.StringLiteral).text
  return path.normalize(paths[text] ?? path.resolve(path.dirname(from.fileName), text.replace(/\.js$/, '.ts')))
}

/**
 * Texts with short names; lines stay where they are, the export list goes behind the last one. `paths` say what bare specifiers stand for; the files of `beside` are Lua modules of their own, whose exports
 * keep their names.
 */
export function renameForLua(texts: Texts, entry: string, paths: Record<string, string> = {}, beside: string[] = []): { texts: Texts; problems: Problem[] } {
  const files = [...texts].map(([name, text]) => ts.createSourceFile(name, text, ts.ScriptTarget.ES2015, true))
  const members = privateNames(files)
  const exported = exportNames(files, new Set([entry, ...beside].map(one => path.normalize(one))))
  const renamed: Texts = new Map()
  const problems: Problem[] = []
  for (const file of files) {
    const edits: Edit[] = []
    const edit = (node: ts.Node, text: string) => edits.push({ start: node.getStart(file), end: node.end, text })
    visitIdentifiers(file, node => {
      const short = PRIVATE.test(node.text) ? members.get(node.text) : undefined
      if (short === undefined) return
      if (ts.isShorthandPropertyAssignment(node.parent)) edit(node, `${short}: ${node.text}`)
      else if (isMemberName(node)) edit(node, short)
      else if (isParameterProperty(node)) {
        const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
        problems.push({ file: shown(file.fileName), line, message: `${node.text}: write the member out, a constructor parameter cannot declare a private member` })
      }
    })
    const list: string[] = []
    const own = exported.get(path.normalize(file.fileName))!
    for (const statement of file.statements) {
      const values = exportedHere(statement)
      if (values.length > 0) {
        const modifier = hasExport(statement)!
        edits.push({ start: modifier.getStart(file), end: modifier.end, text: '' })
        for (const name of values) list.push(own.get(name) === name ? name : `${name} as ${own.get(name)}`)
        if (ts.isVariableStatement(statement) && (statement.declarationList.flags & ts.NodeFlags.Const) === 0) {
          const line = file.getLineAndCharacterOfPosition(statement.getStart(file)).line + 1
          problems.push({ file: shown(file.fileName), line, message: `${values.join(', ')}: an exported variable must be const, Lua modules export values` })
        }
      }
      renameSpecifiers(file, statement, exported, own, paths, edit)
    }
    const tail = list.length > 0 ? `\nexport { ${list.join(', ')} }\n` : ''
    renamed.set(path.normalize(file.fileName), applyEdits(file.text, edits) + tail)
  }
  return { texts: renamed, problems }
}

function renameSpecifiers(
  file: ts.SourceFile, statement: ts.Statement, exported: Map<string, Map<string, string>>, own: Map<string, string>, paths: Record<string, string>, edit: (node: ts.Node, text: string) => void
): void {
  if (ts.isImportDeclaration(statement) && statement.importClause?.namedBindings !== undefined && ts.isNamedImports(statement.importClause.namedBindings)) {
    const names = exported.get(importedFile(file, statement.moduleSpecifier, paths))
    for (const one of statement.importClause.namedBindings.elements) {
      const short = names?.get((one.propertyName ?? one.name).text)
      // Types too: a class has one name for both.
      if (short !== undefined) edit(one, `${one.isTypeOnly ? 'type ' : ''}${short} as ${one.name.text}`)
    }
  }
  if (ts.isExportDeclaration(statement) && !statement.isTypeOnly && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)) {
    const names = statement.moduleSpecifier === undefined ? undefined : exported.get(importedFile(file, statement.moduleSpecifier, paths))
    for (const one of statement.exportClause.elements) {
      if (one.isTypeOnly) continue
      const source = (one.propertyName ?? one.name).text
      edit(one, `${names?.get(source) ?? source} as ${own.get(one.name.text) ?? one.name.text}`)
    }
  }
}
