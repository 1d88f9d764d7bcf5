/** Topic names and topic filters (section 4.7, shared subscriptions 4.8.2): what is valid, and what matches. */
import { at, cut, find, plain } from './bytes.js'
import type { Bytes, Code } from './bytes.js'
import { ErrorCode } from './codes.js'
import { validUtf8 } from './utf8.js'

const SLASH = '/' as Bytes
const PLUS = '+' as Bytes
const HASH = '#' as Bytes
const SHARE = '$share/' as Bytes

const enum Char { Hash = 35, Dollar = 36, Plus = 43, Slash = 47 }

/** True when `filter`, or a topic name, contains a wildcard character. */
export function hasWildcard(filter: Bytes): boolean {
  return find(filter, HASH, 0) >= 0 || find(filter, PLUS, 0) >= 0
}

/** True for `$share/group/filter` (section 4.8.2). */
export function isShared(filter: Bytes): boolean {
  return cut(filter, 0, 7) === SHARE
}

/** Where the part of `filter` that is compared with topics starts: 0, or behind `$share/group/`; -1 when that is incomplete. */
function body(filter: Bytes): number {
  if (!isShared(filter)) return 0
  const slash = find(filter, SLASH, 7)
  return slash > 7 ? slash + 1 : -1
}

/** 0 when PUBLISH may carry `topic`: 1 to 65535 bytes and no wildcard (else `BadTopic`), valid UTF-8 (else `BadUtf8`). */
export function checkTopic(topic: Bytes): Code {
  if (topic.length === 0 || topic.length > 65535) return ErrorCode.BadTopic
  if (plain(topic)) return 0
  if (hasWildcard(topic)) return ErrorCode.BadTopic
  return validUtf8(topic) ? 0 : ErrorCode.BadUtf8
}

/**
 * 0 when SUBSCRIBE may carry `filter`: 1 to 65535 bytes, `#` only as the last level, `+` only as a whole level, a shared
 * one complete and with a group name of at least one character (else `BadFilter`), valid UTF-8 (else `BadUtf8`).
 */
export function checkFilter(filter: Bytes): Code {
  const end = filter.length
  if (end > 65535) return ErrorCode.BadFilter
  if (!validUtf8(filter)) return ErrorCode.BadUtf8
  const start = body(filter)
  if (start < 0 || start === end || hasWildcard(cut(filter, 0, start))) return ErrorCode.BadFilter
  let last: number = Char.Slash
  for (let i = start; i < end; i = i + 1) {
    const c = at(filter, i)
    // A wildcard has its level for itself, and behind '#' comes nothing.
    if ((c === Char.Hash || c === Char.Plus) && last !== Char.Slash || (last === Char.Plus && c !== Char.Slash) || last === Char.Hash) return ErrorCode.BadFilter
    last = c
  }
  return 0
}

/** Where the level at `from` ends. */
function levelEnd(s: Bytes, from: number): number {
  const slash = find(s, SLASH, from)
  return slash < 0 ? s.length : slash
}

/**
 * True when a valid `filter` matches a valid `topic` (section 4.7). `$share/group/filter` matches as `filter`; `a/#`
 * matches `a`; a wildcard at the first level does not match `$...`. Level by level, unless there is no wildcard.
 */
export function matches(filter: Bytes, topic: Bytes): boolean {
  let f = body(filter)
  if (f === 0 && filter === topic) return true
  let t = 0
  if (at(topic, 0) === Char.Dollar && at(filter, f) < Char.Slash && at(filter, f) !== Char.Dollar) return false
  while (true) {
    const fEnd = levelEnd(filter, f)
    const tEnd = levelEnd(topic, t)
    const level = cut(filter, f, fEnd)
    if (level === HASH) return true
    if (level !== PLUS && level !== cut(topic, t, tEnd)) return false
    f = fEnd + 1
    t = tEnd + 1
    if (t > topic.length) return f > filter.length || cut(filter, f, filter.length) === HASH
    if (f > filter.length) return false
  }
}
