/**
 * Long literals that a minified bundle writes several times become variables at its top, where Espruino finds them as
 * fast as it reads the digits.
 */
import { parse, type AnyNode } from 'acorn'
import { applyEdits, type Edit } from './edits.js'

const WORD = /[\w$]/
/** A name, its commas and equals sign; two letters are what is left once esbuild has given away the single ones. */
const NAME = 2

function children(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter((value): value is AnyNode => value !== null && typeof value === 'object' && typeof (value as AnyNode).type === 'string')
}

/** Two-letter names that the bundle does not mention, as anything, and that are no pin: a program's names are global. */
function* freshNames(code: string): Generator<string> {
  const taken = new Set(code.match(/[A-Za-z_$][\w$]*/g))
  const first = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  for (const a of first) for (const b of first + '0123456789_') if (!taken.has(a + b) && !/^(do|if|in|of|as|is|[A-D][0-9])$/.test(a + b)) yield a + b
}

/** The bundle with its repeated literals at the top, where that makes it smaller. */
export function hoistLiterals(code: string): string {
  const uses = new Map<string, { start: number; end: number }[]>()
  const visit = (node: AnyNode): void => {
    if (node.type === 'Literal') {
      if ((typeof node.value === 'number' || typeof node.value === 'string') && node.raw !== undefined) uses.set(node.raw, [...(uses.get(node.raw) ?? []), node])
      return
    }
    if (node.type === 'ExpressionStatement' && node.directive !== undefined) return
    for (const child of children(node)) {
      if ((node.type === 'Property' || node.type === 'MethodDefinition') && child === node.key && !node.computed) continue
      visit(child)
    }
  }
  visit(parse(code, { ecmaVersion: 2022, sourceType: 'script' }))
  const names = freshNames(code)
  const edits: Edit[] = []
  const declared: string[] = []
  for (const [raw, places] of uses) {
    const saved = places.length * (raw.length - NAME - 1) - (raw.length + NAME + 2)
    if (saved <= 0) continue
    const name = names.next().value
    if (name === undefined) break
    declared.push(`${name}=${raw}`)
    for (const { start, end } of places) {
      const before = WORD.test(code.charAt(start - 1)) ? ' ' : ''
      const after = WORD.test(code.charAt(end)) ? ' ' : ''
      edits.push({ start, end, text: before + name + after })
    }
  }
  return declared.length === 0 ? code : `var ${declared.join(',')};${applyEdits(code, edits)}`
}
