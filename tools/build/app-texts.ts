/**
 * Texts of an application as a board has them. Its strings are bytes: a program that was sent as UTF-8 has the two bytes
 * C3 A9 where its source shows an e with an accent. The bundle is ASCII, so these bytes are written out.
 */
import ts from 'typescript'
import { applyEdits, type Edit } from './edits.js'

/* eslint-disable no-control-regex -- ASCII is asked for */
/** A backslash and what belongs to it, or one character beyond ASCII. */
const PARTS = /\\u\{([0-9a-fA-F]+)\}|((?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[0-9a-fA-F]{4})|\\[^]|[^\x00-\x7f]/gu

function bytes(text: string): string {
  return [...Buffer.from(text, 'utf8')].map(byte => `\\x${byte.toString(16)}`).join('')
}

function inBytes(source: string): string {
  return source.replace(PARTS, (part, point: string | undefined, units: string | undefined) => {
    const text = point !== undefined ? String.fromCodePoint(parseInt(point, 16))
      : units !== undefined ? String.fromCharCode(...units.split('\\u').slice(1).map(one => parseInt(one, 16)))
        : part.startsWith('\\') ? '' : part
    return text === '' || text <= '\x7f' ? part : bytes(text)
  })
}

/** The text with its string literals and templates in bytes; escapes \xNN are bytes already. */
export function bytesOfTexts(fileName: string, source: string): string {
  if (!/[^\x00-\x7f]|\\u/.test(source)) return source
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.ES2022, true)
  const edits: Edit[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) {
      const start = node.getStart(file)
      const text = inBytes(source.slice(start, node.end))
      if (text !== source.slice(start, node.end)) edits.push({ start, end: node.end, text })
      return
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return applyEdits(source, edits)
}
