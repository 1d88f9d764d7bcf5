import type { TSESTree } from '@typescript-eslint/utils'
import type { Node, Rule } from '../rule.js'

/** Row "ASCII in source; bytes escaped as \xNN through b1..b4". */
export const asciiSource: Rule = {
  row: 'ASCII in source; bytes through b1..b4',
  why: 'an Espruino board truncates a character above 255 to one byte, and Lua writes one above 127 as two',
  option: undefined,
  create({ report, source }) {
    const check = (node: Node, value: string, raw: string) => {
      if (/\\u/.test(raw.replace(/\\\\/g, ''))) report(node, 'a \\u escape: utf8() of the HAL makes text, b1..b4 make bytes')
      else if ([...value].some((character) => character.charCodeAt(0) > 0x7e && character.charCodeAt(0) !== 0x7f && isAscii(raw))) {
        report(node, 'a character above 0x7E in a literal: b1..b4 make bytes')
      }
    }
    return {
      Program(node) {
        const at = [...source.text].findIndex((character) => !isAscii(character))
        if (at < 0) return
        const line = source.text.slice(0, at).split('\n').length
        report(node, `line ${line} has a character that is not ASCII`)
      },
      Literal(node) { if (typeof node.value === 'string') check(node, node.value, node.raw) },
      TemplateElement(node: TSESTree.TemplateElement) { check(node, node.value.cooked ?? '', node.value.raw) }
    }
  }
}

function isAscii(text: string): boolean {
  return [...text].every((character) => character.charCodeAt(0) < 0x80)
}
