/** What the pages are held against: enums, interfaces and tables, read from the sources with the TypeScript compiler. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** A path of the repository. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}

export function readText(path: string): string {
  return readFileSync(repositoryPath(path), 'utf8')
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2022, true)
}

function find<T extends ts.Statement & { name?: ts.Identifier }>(
  path: string, name: string, is: (node: ts.Node) => node is T
): T {
  const found = parse(path).statements.find((node): node is T => is(node) && node.name?.text === name)
  if (found === undefined) throw new Error(`${path} declares no ${name}`)
  return found
}

/** The members of a (const) enum whose members all have a number written out. */
export function enumMembers(path: string, name: string): Map<string, number> {
  const members = new Map<string, number>()
  for (const member of find(path, name, ts.isEnumDeclaration).members) {
    const text = member.initializer?.getText() ?? ''
    if (!/^-?(\d+|0x[0-9a-f]+)$/.test(text)) throw new Error(`${path}: ${name}.${member.name.getText()} has no plain number`)
    members.set(member.name.getText(), Number(text))
  }
  return members
}

/** The names of an interface's members. */
export function interfaceMembers(path: string, name: string): string[] {
  return find(path, name, ts.isInterfaceDeclaration).members.map((member) => member.name?.getText() ?? '')
}

/** The names of a class's methods. */
export function classMethods(path: string, name: string): string[] {
  return find(path, name, ts.isClassDeclaration).members.filter(ts.isMethodDeclaration).map((member) => member.name.getText())
}

/** The literals of a union type such as `'a' | 'b'`. */
export function unionMembers(path: string, name: string): string[] {
  const { type } = find(path, name, ts.isTypeAliasDeclaration)
  if (!ts.isUnionTypeNode(type)) throw new Error(`${path}: ${name} is no union`)
  return type.types.map((part) => part.getText().replaceAll("'", ''))
}

/** Every code that a client can report: `ErrorCode` and `LinkCode` in one list. */
export function allCodes(): Map<string, number> {
  return new Map([...enumMembers('firmware/codes.ts', 'ErrorCode'), ...enumMembers('hal/hal.ts', 'LinkCode')])
}

/** The cells of every table row in a page, header and rule rows included. */
export function tableRows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.slice(1, line.lastIndexOf('|')).split(/(?<!\\)\|/).map((cell) => cell.trim()))
}
