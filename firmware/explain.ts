/**
 * The sentence behind a cause: what happened, with the numbers, and what to do next.
 *
 * Nothing in the core imports this file, so a build that does not ask for sentences carries none. Importing it links
 * the English texts in (explain.en.ts); another language is a second table that `addTexts` makes known. The Chinese one
 * is hal/host/explain.zh.ts, outside firmware/, because firmware is ASCII: Espruino boards cut every other character
 * down to one byte.
 *
 * A text is a template. {value}, {limit}, {reason}, {detail} and {seconds} (value / 1000) stand for what the cause
 * says; a part in [brackets] is left out when something it names is 0 or "". A "~" prints nothing: it marks where
 * "what happened" ends and "what to do" begins. docs/codes.md lists what each code's numbers mean.
 */
import { at, cut } from './bytes.js'
import { ErrorCode } from './codes.js'
import { ENGLISH } from './explain.en.js'
import type { Bytes, Cause, Code } from './types.js'
import type { Texts } from './explain.en.js'

export type Language = 'en' | 'zh'

/** The characters that a template gives a meaning to. */
const enum Mark { Open = 123, Close = 125, OptionalOpen = 91, OptionalClose = 93, Split = 126 }

const languages: Language[] = ['en']
const tables: Texts[] = [ENGLISH]

/** Makes a language known to `explain`. A second table for the same language is not looked at. */
export function addTexts(language: Language, texts: Texts): void {
  languages.push(language)
  tables.push(texts)
}

function textsOf(language: Language | undefined): Texts {
  if (language !== undefined) {
    for (let i = 0; i < languages.length; i = i + 1) {
      if (languages[i] === language) return tables[i]
    }
  }
  return ENGLISH
}

/** 135 becomes "0x87", as the specification writes it. 0 to 255. */
function hex(n: number): string {
  const digits = '0123456789ABCDEF' as Bytes
  const low = n % 16
  const high = Math.floor(n / 16)
  return `0x${cut(digits, high, high + 1)}${cut(digits, low, low + 1)}`
}

/** "0x87 (not authorized)", or for the CONNACK of 3.1 and 3.1.1 "5 (not authorized)"; "" for 0. */
function describeReason(texts: Texts, cause: Cause): string {
  const reason = cause.reason
  if (reason <= 0 || reason > 255) return ''
  if (cause.code === ErrorCode.ConnectRefused && reason < 0x80) return `${reason} (${texts.returnCode(reason)})`
  return `${hex(reason)} (${texts.reason(reason)})`
}

/** What stands for `{name}`; "" when the cause does not say. */
function valueOf(name: string, cause: Cause, reason: string): string {
  if (name === 'detail') return cause.detail
  if (name === 'reason') return reason
  let n = cause.value
  if (name === 'limit') n = cause.limit
  if (name === 'code') n = cause.code
  if (name === 'seconds') n = Math.floor(n / 1000)
  return `${n}`
}

function fill(template: string, cause: Cause, reason: string): string {
  const s = template as Bytes
  let out = ''
  let before = '' // what stood in front of the optional part
  let complete = true // nothing in the optional part was 0 or ""
  let from = 0
  let i = 0
  while (i < s.length) {
    const c = at(s, i)
    if (c === Mark.Open || c === Mark.OptionalOpen || c === Mark.OptionalClose || c === Mark.Split) {
      out = `${out}${cut(s, from, i)}`
      from = i + 1
    }
    if (c === Mark.Open) {
      let close = from
      while (at(s, close) !== Mark.Close) close = close + 1
      const text = valueOf(cut(s, from, close), cause, reason)
      if (text.length === 0 || text === '0') complete = false
      out = `${out}${text}`
      from = close + 1
      i = close
    } else if (c === Mark.OptionalOpen) {
      before = out
      complete = true
    } else if (c === Mark.OptionalClose && !complete) {
      out = before
    }
    i = i + 1
  }
  return `${out}${cut(s, from, s.length)}`
}

/**
 * What happened and what to do next, for what `client.explain()` returned.
 *
 * `language`: 'en' when absent, and also when no texts of that language were linked in. A code outside the list gives
 * a sentence that carries its number.
 */
export function explain(cause: Cause, language?: Language): string {
  const texts = textsOf(language)
  let template = texts.sentence(cause.code)
  if (template.length === 0) template = texts.unknown
  if (cause.code === ErrorCode.BadKeepalive && cause.value >= 1000 && cause.value % 1000 === 0) template = texts.milliseconds
  return fill(template, cause, describeReason(texts, cause))
}

/** The words for an MQTT 5.0 reason code (section 2.4); 0 to 255. SUBACK's 0x80 of 3.1.1 reads the same. */
export function reasonText(reason: number, language?: Language): string {
  return textsOf(language).reason(reason)
}

/** The words for a CONNACK return code of 3.1 and 3.1.1 (section 3.2.2.3); 0 to 255. */
export function returnCodeText(code: number, language?: Language): string {
  return textsOf(language).returnCode(code)
}

/** The template of a code, "" where the language has none: what docs/codes.md shows. */
export function sentenceOf(code: Code, language?: Language): string {
  return textsOf(language).sentence(code)
}
