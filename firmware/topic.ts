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
  if (end === 0 || end > 65535) return ErrorCode.BadFilter
  if (!validUtf8(filter)) return ErrorCode.BadUtf8
  const start = body(filter)
  if (start < 0 || start === end) return ErrorCode.BadFilter
  if (start > 0 && hasWildcard(cut(filter, 7, start))) return ErrorCode.BadFilter
  const hash = find(filter, HASH, start)
  if (hash >= 0 && (hash !== end - 1 || (hash > start && at(filter, hash - 1) !== Char.Slash))) return ErrorCode.BadFilter
  let plus = find(filter, PLUS, start)
  while (plus >= 0) {
    if (plus > start && at(filter, plus - 1) !== Char.Slash) return ErrorCode.BadFilter
    if (plus + 1 < end && at(filter, plus + 1) !== Char.Slash) return ErrorCode.BadFilter
    plus = find(filter, PLUS, plus + 1)
  }
  return 0
}

/**
 * True when a valid `filter` matches a valid `topic` (section 4.7). `$share/group/filter` matches as `filter`; `a/#`
 * matches `a`; a wildcard at the first level does not match `$...`. The work is one comparison for each stretch
 * between wildcards.
 */
export function matches(filter: Bytes, topic: Bytes): boolean {
  const last = topic.length
  let end = filter.length
  let f = body(filter)
  if (f === 0 && filter === topic) return true
  if (at(topic, 0) === Char.Dollar && (at(filter, f) === Char.Hash || at(filter, f) === Char.Plus)) return false
  const open = at(filter, end - 1) === Char.Hash
  if (open) end = end - 1
  let t = 0
  let plus = find(filter, PLUS, f)
  while (plus >= 0) {
    const n = plus - f
    if (last - t < n || cut(filter, f, plus) !== cut(topic, t, t + n)) return false
    t = find(topic, SLASH, t + n)
    if (t < 0) t = last
    f = plus + 1
    plus = find(filter, PLUS, f)
  }
  const n = end - f
  // What is left before '#' ends with '/', or is nothing at all; one byte less of it is the parent level itself.
  if (open && n > 0 && last - t === n - 1) return cut(filter, f, end - 1) === cut(topic, t, last)
  if (open ? last - t < n : last - t !== n) return false
  return cut(filter, f, end) === cut(topic, t, t + n)
}
