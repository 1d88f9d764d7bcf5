/**
 * A program that is sent to the console: each statement on a line of its own, so that the interpreter runs it as it comes
 * and does not hold the whole text in its input line. A line's end takes the place of a semicolon and costs nothing.
 */
import { parse, type AnyNode } from 'acorn'
import { applyEdits, type Edit } from './edits.js'

/**
 * A function takes a byte more on a line of its own: several share one of at most this length. The interpreter takes some hundred
 * characters while it is at work, and loses what comes on top.
 */
const LINE_BYTES = 500
/** With one of these a line would go on with the statement before it. */
const GOES_ON = /[([`+\-/*,.]/

/** The program with its statements on lines. */
export function statementsOnLines(code: string): string {
  const { body } = parse(code, { ecmaVersion: 2022, sourceType: 'script' })
  const edits: Edit[] = []
  let begun = 0
  body.forEach((node: AnyNode, i) => {
    const next = body[i + 1]
    if (next === undefined) return
    const isSafe = !GOES_ON.test(code.charAt(next.start))
    if (code.charAt(node.end - 1) === ';' && isSafe) edits.push({ start: node.end - 1, end: next.start, text: '\n' })
    else if (next.end - begun > LINE_BYTES) edits.push({ start: node.end, end: next.start, text: '\n' })
    else return
    begun = next.start
  })
  return applyEdits(code, edits)
}
