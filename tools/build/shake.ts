/**
 * Drops, over a whole program, the top-level functions, constants and classes that the entry's exports do not reach, and
 * the imports that only they needed. typescript-to-lua does not do it, and esbuild cannot tell that a constant built by
 * an intrinsic may go.
 */
import path from 'node:path'
import ts from 'typescript'
import { applyEdits, type Edit } from './edits.js'
import { isPure } from './fold.js'
import { markedIntrinsic } from './intrinsics.js'
import type { Problem } from './problem.js'
import { ownFiles, type Texts } from './program.js'
import { shown } from './root.js'

type Unit = ts.FunctionDeclaration | ts.ClassDeclaration | ts.VariableStatement

function isUnit(node: ts.Node): node is Unit {
  return ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isVariableStatement(node)
}

/** A statement of the top level that does something by itself, and an enum's table, which the compiler keeps. */
function runsAlways(node: ts.Statement): boolean {
  if (isUnit(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return false
  return !ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)
}

function isDeclareOnly(node: Unit): boolean {
  return node.modifiers?.some(one => one.kind === ts.SyntaxKind.DeclareKeyword) === true || (ts.isFunctionDeclaration(node) && node.body === undefined)
}

function isPureWithIntrinsics(node: ts.Expression): boolean {
  if (ts.isCallExpression(node)) return markedIntrinsic(node) !== undefined && node.arguments.every(isPureWithIntrinsics)
  if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) return isPureWithIntrinsics(node.expression)
  return isPure(node)
}

/** The top-level statement of the program that declares a symbol. */
function unitOf(symbol: ts.Symbol): Unit | undefined {
  for (const declaration of symbol.declarations ?? []) {
    let node: ts.Node = declaration
    if (ts.isVariableDeclaration(node)) node = node.parent.parent
    if (isUnit(node) && ts.isSourceFile(node.parent)) return node
  }
  return undefined
}

/** An expression that stands for a whole module: `import * as it`. */
function isModule(node: ts.Expression, checker: ts.TypeChecker): boolean {
  if (ts.isPropertyAccessExpression(node)) return isModule(node.expression, checker) && isModule(node.name as ts.Identifier, checker)
  if (!ts.isIdentifier(node)) return false
  const symbol = checker.getSymbolAtLocation(node)
  const target = symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return target !== undefined && (target.flags & ts.SymbolFlags.Module) !== 0
}

/** The name of a member of anything but a module. It declares nothing that could be dropped, and to resolve it takes types. */
function isMember(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  const { parent } = node
  return ts.isPropertyAccessExpression(parent) && parent.name === node && !isModule(parent.expression, checker)
}

/** What the files of `outside` export: it is there at run time, and needs nothing of this program. */
function outsideUnits(files: ts.SourceFile[], checker: ts.TypeChecker, outside: string[]): Set<Unit> {
  const units = new Set<Unit>()
  for (const file of files) {
    const symbol = outside.includes(path.normalize(file.fileName)) ? checker.getSymbolAtLocation(file) : undefined
    for (const one of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
      const unit = unitOf(one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one)
      if (unit !== undefined) units.add(unit)
    }
  }
  return units
}

/** The texts of the files that are still needed, and which of them are no more than types. What `outside` files export is not followed. */
export function shake(program: ts.Program, entry: string, outside: string[] = []): { texts: Texts; problems: Problem[] } {
  const checker = program.getTypeChecker()
  const files = ownFiles(program)
  const given = outsideUnits(files, checker, outside)
  const problems: Problem[] = []
  const live = new Set<Unit>(given)
  const queue: ts.Node[] = []

  const target = (symbol: ts.Symbol): ts.Symbol => symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const reach = (symbol: ts.Symbol | undefined) => {
    const unit = symbol && unitOf(target(symbol))
    if (unit === undefined || live.has(unit)) return
    live.add(unit)
    queue.push(unit)
  }
  // A class that serves as a type alone is kept: without it a method call would compile to a plain function call.
  const scanType = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node)
      const unit = symbol && unitOf(target(symbol))
      if (unit !== undefined && (ts.isClassDeclaration(unit) || ts.isTypeQueryNode(node.parent))) reach(symbol)
    }
    ts.forEachChild(node, scanType)
  }
  const scan = (node: ts.Node): void => {
    // A base class counts as a type node for TypeScript.
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return scanType(node)
    if (ts.isIdentifier(node) && !isMember(node, checker)) {
      const shorthand = ts.isShorthandPropertyAssignment(node.parent) ? checker.getShorthandAssignmentValueSymbol(node.parent) : undefined
      reach(shorthand ?? checker.getSymbolAtLocation(node))
    }
    ts.forEachChild(node, scan)
  }

  const entryFile = files.find(file => path.normalize(file.fileName) === path.normalize(entry))
  const entrySymbol = entryFile && checker.getSymbolAtLocation(entryFile)
  if (entrySymbol === undefined) return { texts: new Map(), problems: [{ file: shown(entry), line: 0, message: 'exports nothing' }] }
  for (const symbol of checker.getExportsOfModule(entrySymbol)) reach(symbol)
  for (const file of files) {
    for (const statement of file.statements) {
      if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) scanType(statement)
      if (runsAlways(statement)) queue.push(statement)
      if (ts.isExportDeclaration(statement) && statement.exportClause === undefined && !statement.isTypeOnly) {
        const line = file.getLineAndCharacterOfPosition(statement.getStart(file)).line + 1
        problems.push({ file: shown(file.fileName), line, message: 'export * is not followed; name what is exported' })
      }
      const hasEffect = ts.isVariableStatement(statement) && !isDeclareOnly(statement) &&
        statement.declarationList.declarations.some(one => one.initializer !== undefined && !isPureWithIntrinsics(one.initializer))
      if (hasEffect) {
        live.add(statement)
        queue.push(statement)
      }
    }
  }
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) ts.forEachChild(node, scan)

  const texts: Texts = new Map()
  const imported = importedNames(files)
  for (const file of files) texts.set(path.normalize(file.fileName), withoutDead(file, checker, live, file === entryFile ? undefined : imported))
  return { texts, problems }
}

/** What is imported by name: file and name of each, as `placeOf` has them. */
function importedNames(files: readonly ts.SourceFile[]): Set<string> {
  const names = new Set<string>()
  for (const file of files) {
    for (const statement of file.statements) {
      const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined
      if (!ts.isImportDeclaration(statement) || bindings === undefined || !ts.isNamedImports(bindings) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
      const from = path.join(path.dirname(file.fileName), statement.moduleSpecifier.text.replace(/\.js$/, '.ts'))
      for (const one of bindings.elements) names.add(placeOf(from, (one.propertyName ?? one.name).text))
    }
  }
  return names
}

function placeOf(file: string, name: string): string {
  return `${path.normalize(file)} ${name}`
}

/** @param imported undefined for the entry, whose exports all stay */
function withoutDead(file: ts.SourceFile, checker: ts.TypeChecker, live: Set<Unit>, imported: Set<string> | undefined): string {
  const edits: Edit[] = []
  const drop = (node: ts.Node) => edits.push({ start: node.getStart(file), end: node.end, text: '' })
  const kept = new Set<string>()
  for (const statement of file.statements) {
    if (isUnit(statement) && !isDeclareOnly(statement) && !live.has(statement)) drop(statement)
    else if (!ts.isImportDeclaration(statement)) collectNames(statement, kept)
  }
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) {
      const bindings = statement.importClause?.namedBindings
      if (bindings === undefined || !ts.isNamedImports(bindings)) continue
      const rest = bindings.elements.filter(one => kept.has(one.name.text))
      if (rest.length === 0) drop(statement)
      else if (rest.length < bindings.elements.length) {
        edits.push({ start: bindings.getStart(file), end: bindings.end, text: `{ ${rest.map(one => one.getText(file)).join(', ')} }` })
      }
    } else if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause) && !statement.isTypeOnly) {
      const rest = statement.exportClause.elements.filter(one => isLiveExport(one, checker, live))
      if (rest.length === 0) drop(statement)
      else if (rest.length < statement.exportClause.elements.length) {
        edits.push({ start: statement.exportClause.getStart(file), end: statement.exportClause.end, text: `{ ${rest.map(one => one.getText(file)).join(', ')} }` })
      }
    } else if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined && ts.isNamespaceExport(statement.exportClause) && !statement.isTypeOnly) {
      // `export * as name`, which nothing takes from here.
      if (imported !== undefined && !imported.has(placeOf(file.fileName, statement.exportClause.name.text))) drop(statement)
    }
  }
  return applyEdits(file.text, edits)
}

/** Every name that a statement mentions, types included: an import that serves a type must stay. */
function collectNames(node: ts.Node, names: Set<string>): void {
  if (ts.isIdentifier(node)) names.add(node.text)
  ts.forEachChild(node, child => collectNames(child, names))
}

function isLiveExport(specifier: ts.ExportSpecifier, checker: ts.TypeChecker, live: Set<Unit>): boolean {
  const symbol = checker.getSymbolAtLocation(specifier.name)
  if (symbol === undefined) return true
  const unit = unitOf(symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  return unit === undefined || live.has(unit)
}
