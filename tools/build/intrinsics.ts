/**
 * The byte intrinsics of firmware/bytes.ts, found in a source file and lowered to JavaScript's own string operations:
 * `b2(a, b)` becomes `String.fromCharCode(a, b)`, `cat(a, b, c)` becomes `a + b + c`, and so on. As calls they cost
 * twice as much on Espruino. The Lua lowering is in lua-intrinsics.ts.
 */
import path from 'node:path'
import ts from 'typescript'
import { applyEdits, type Edit } from './edits.js'
import type { Problem } from './problem.js'
import { shown } from './root.js'

/** The compile-time forms, with the least and the largest number of arguments. */
const FORMS = {
  b1: [1, 1], b2: [2, 2], b3: [3, 3], b4: [4, 4],
  cat: [2, 8], at: [2, 2], cut: [3, 3], find: [3, 3], ascii: [1, 1], plain: [1, 1], keep: [1, 1], join: [1, 1], u16: [1, 1]
} as const

export type Intrinsic = keyof typeof FORMS

/**
 * What marked calls begin with: `cat(a, b)` becomes `$cat(a, b)`. From there on the functions in bytes.ts are not
 * mentioned any more, so they and their imports are dropped like any dead code.
 */
const MARK = '$'

/** What the marked names are to the type checker. */
export const MARKED_TYPES = `
type $Bytes = import('../hal/hal.js').Bytes
declare function $b1(a: number): $Bytes
declare function $b2(a: number, b: number): $Bytes
declare function $b3(a: number, b: number, c: number): $Bytes
declare function $b4(a: number, b: number, c: number, d: number): $Bytes
declare function $cat(a: $Bytes, b: $Bytes, c?: $Bytes, d?: $Bytes, e?: $Bytes, f?: $Bytes, g?: $Bytes, h?: $Bytes): $Bytes
declare function $at(s: $Bytes, i: number): number
declare function $cut(s: $Bytes, from: number, to: number): $Bytes
declare function $find(s: $Bytes, part: $Bytes, from: number): number
declare function $ascii(s: $Bytes): boolean
declare function $plain(s: $Bytes): boolean
declare function $keep(s: $Bytes): $Bytes
declare function $join(parts: $Bytes[]): $Bytes
declare function $u16(n: number): $Bytes
`

/** The name that the lowered text uses for String.fromCharCode; espruino.ts gives it a meaning. */
export const CHR = '$chr'

export function isBytesFile(fileName: string): boolean {
  return /(^|[\\/])bytes\.(ts|js)$/.test(fileName)
}

/** An application has the intrinsics from the library itself. */
const LIBRARY = 'yieldmq'

/** Local names of the intrinsics in one file: imported from bytes.js, or declared there. */
export function intrinsicNames(file: ts.SourceFile): Map<string, Intrinsic> {
  const names = new Map<string, Intrinsic>()
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier) &&
      (isBytesFile(statement.moduleSpecifier.text) || statement.moduleSpecifier.text === LIBRARY)) {
      const bindings = statement.importClause?.namedBindings
      if (bindings === undefined || !ts.isNamedImports(bindings)) continue
      for (const one of bindings.elements) {
        const imported = (one.propertyName ?? one.name).text
        if (Object.hasOwn(FORMS, imported)) names.set(one.name.text, imported as Intrinsic)
      }
    } else if (isBytesFile(file.fileName) && ts.isFunctionDeclaration(statement) && statement.name !== undefined && Object.hasOwn(FORMS, statement.name.text)) {
      names.set(statement.name.text, statement.name.text as Intrinsic)
    }
  }
  return names
}

/** Can stand twice, or before a dot, without parentheses and without being computed twice. */
export function isPlain(node: ts.Expression): boolean {
  return ts.isIdentifier(node) || ts.isNumericLiteral(node) ||
    (ts.isPropertyAccessExpression(node) && (isPlain(node.expression) || node.expression.kind === ts.SyntaxKind.ThisKeyword))
}

function bindsTighterThanPlus(node: ts.Expression): boolean {
  return isPlain(node) || ts.isCallExpression(node) || ts.isElementAccessExpression(node) || ts.isPropertyAccessExpression(node) ||
    ts.isParenthesizedExpression(node) || ts.isStringLiteral(node) || ts.isNonNullExpression(node)
}

export interface FoundCall {
  call: ts.CallExpression
  intrinsic: Intrinsic
}

/** Every call of an intrinsic, and what is wrong with the way they are used. */
export function findIntrinsics(file: ts.SourceFile): { calls: FoundCall[]; problems: Problem[] } {
  const names = intrinsicNames(file)
  const calls: FoundCall[] = []
  const problems: Problem[] = []
  const complain = (node: ts.Node, message: string) => {
    problems.push({ file: shown(path.resolve(file.fileName)), line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, message })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && names.has(node.text)) {
      const parent = node.parent
      const isMember = (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) || ts.isMethodSignature(parent)) && parent.name === node)
      const isTopLevelName = ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || (ts.isFunctionDeclaration(parent) && parent.parent === file)
      if (ts.isCallExpression(parent) && parent.expression === node) {
        const intrinsic = names.get(node.text)!
        const [least, most] = FORMS[intrinsic]
        if (parent.arguments.length < least || parent.arguments.length > most || parent.arguments.some(ts.isSpreadElement)) {
          complain(node, `${node.text} takes ${least === most ? least : `${least} to ${most}`} arguments`)
        } else if (ts.isExpressionStatement(parent.parent)) {
          complain(node, `the result of ${node.text} is not used`)
        } else {
          calls.push({ call: parent, intrinsic })
        }
      } else if ((ts.isParameter(parent) || ts.isVariableDeclaration(parent) || ts.isFunctionLike(parent)) && parent.name === node && !isTopLevelName) {
        complain(node, `${node.text} hides the byte intrinsic of that name`)
      } else if (!isMember && !isTopLevelName) {
        complain(node, `${node.text} is a compile-time form and not a value`)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { calls, problems }
}

/** The bytes that `ascii` and `plain` do not want, as a regular expression that Espruino reads. */
const OTHER = { ascii: '[^\\x01-\\x7f]', plain: '[^\\x01-\\x22\\x24-\\x2a\\x2c-\\x7f]' }

/** Edits that turn one call into JavaScript. Only the parts around the arguments are touched, so calls may nest. */
function lowerCall(source: string, { call, intrinsic }: FoundCall, edits: Edit[], copies: boolean): void {
  const args = call.arguments
  const first = args[0]!
  const open = first.getFullStart()
  const start = call.getStart()
  const close = args[args.length - 1]!.end
  const replace = (from: number, to: number, text: string) => edits.push({ start: from, end: to, text })
  const between = (index: number, text: string) => replace(args[index - 1]!.end, args[index]!.getStart(), text)
  if (intrinsic === 'cat') {
    args.forEach((arg, i) => {
      const tight = bindsTighterThanPlus(arg)
      const before = tight ? '' : '('
      if (i === 0) replace(start, arg.getStart(), '(' + before)
      else between(i, (bindsTighterThanPlus(args[i - 1]!) ? '' : ')') + ' + ' + before)
    })
    replace(close, call.end, bindsTighterThanPlus(args[args.length - 1]!) ? ')' : '))')
    return
  }
  if (intrinsic === 'u16') {
    const n = source.slice(first.getStart(), first.end)
    replace(start, call.end, `${CHR}(${n} >> 8, ${n} & 255)`)
    return
  }
  if (intrinsic === 'keep') {
    replace(start, open, copies ? COPY + '(' : '(')
    replace(close, call.end, copies ? ')).substring(1)' : ')')
    return
  }
  if (intrinsic === 'ascii' || intrinsic === 'plain') {
    replace(start, open, `(!/${OTHER[intrinsic]}/.test(`)
    replace(close, call.end, '))')
    return
  }
  if (intrinsic === 'at' || intrinsic === 'cut' || intrinsic === 'find' || intrinsic === 'join') {
    const method = { at: 'charCodeAt', cut: 'substring', find: 'indexOf', join: 'join' }[intrinsic]
    const wrapped = !bindsTighterThanPlus(first) || ts.isNumericLiteral(first)
    replace(start, first.getStart(), wrapped ? '(' : '')
    const after = (wrapped ? ')' : '') + `.${method}(`
    if (args.length > 1) {
      between(1, after)
      if (args.hasTrailingComma) replace(close, call.end, ')')
    } else {
      replace(close, call.end, after + (intrinsic === 'join' ? '""' : '') + ')')
    }
    return
  }
  replace(start, call.expression.end, CHR)
}

/** A `u16` whose argument would have to be computed twice stays a call. */
function isLowered({ call, intrinsic }: FoundCall): boolean {
  return intrinsic !== 'u16' || isPlain(call.arguments[0]!)
}

/** The text with its intrinsics marked. */
export function markIntrinsics(file: ts.SourceFile): { code: string; problems: Problem[] } {
  const { calls, problems } = findIntrinsics(file)
  const edits = calls.filter(isLowered)
    .map(({ call, intrinsic }) => ({ start: call.expression.getStart(file), end: call.expression.end, text: MARK + intrinsic }))
  return { code: applyEdits(file.text, edits), problems }
}

/** The intrinsic that a marked call stands for. */
export function markedIntrinsic(node: ts.CallExpression): Intrinsic | undefined {
  if (!ts.isIdentifier(node.expression) || !node.expression.text.startsWith(MARK)) return undefined
  const name = node.expression.text.slice(MARK.length)
  return Object.hasOwn(FORMS, name) ? name as Intrinsic : undefined
}

/** On Node a slice can pin the chunk it was cut from, so `keep` copies. */
const COPY = "(' ' + "

/** A marked text in JavaScript's own operations; `usesChr` tells whether it needs `CHR`. `copies`: `keep` is a real copy. */
export function lowerToJs(fileName: string, source: string, copies = false): { code: string; usesChr: boolean } {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.ES2022, true)
  const edits: Edit[] = []
  let usesChr = false
  const visit = (node: ts.Node): void => {
    const intrinsic = ts.isCallExpression(node) ? markedIntrinsic(node) : undefined
    if (intrinsic !== undefined) {
      lowerCall(source, { call: node as ts.CallExpression, intrinsic }, edits, copies)
      if (/^(b[1-4]|u16)$/.test(intrinsic)) usesChr = true
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { code: applyEdits(source, edits), usesChr }
}
