import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { checkFilter, checkTopic, hasWildcard, isShared, matches } from '../../firmware/topic.js'
import { hex, utf8, type Bytes } from './support.js'

describe('topic names', () => {
  test.each(['a', '/', '//', 'a b', '$SYS/x', 'caf\u00e9/\u20ac', 'x'.repeat(65535)])('%s may be published to', topic => {
    expect(checkTopic(utf8(topic))).toBe(0)
  })

  test('none may be empty, longer than 65535 bytes, or have a wildcard [MQTT-4.7.3-1] [MQTT-4.7.3-3] [MQTT-4.7.1-1] [MQTT-3.3.2-2] [MQTT5-4.7.0-1]', () => {
    for (const topic of ['', 'x'.repeat(65536), '#', '+', 'a/+', 'a/#', 'a#b', '\u00e9+']) expect(checkTopic(utf8(topic))).toBe(ErrorCode.BadTopic)
  })

  test('none may have U+0000 or ill-formed UTF-8 [MQTT-4.7.3-2] [MQTT-1.5.3-1] [MQTT-3.1.3-10]', () => {
    for (const bytes of ['00', '6100', 'ff', 'eda080', 'c3']) expect(checkTopic(hex(bytes))).toBe(ErrorCode.BadUtf8)
  })
})

describe('topic filters', () => {
  test.each(['a', '/', '#', '+', '/#', '+/+', 'a/+/b', 'a/#', '+/#', '/+', '$SYS/#', '$share/g/a', '$share/g/#', '$share/g/+/b', '$share/g//a', '$share', '$sharex/+', 'caf\u00e9/#', 'x'.repeat(65535)])(
    '%s may be subscribed to', filter => {
      expect(checkFilter(utf8(filter))).toBe(0)
    }
  )

  test.each(['', 'a#', '#a', '#/a', 'a/#/b', 'a/b#', '##', '+a', 'a+', 'a/+b/c', 'a/b+', '++', 'x'.repeat(65536)])('%s may not [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1] [MQTT-4.7.3-3] [MQTT5-4.7.1-1] [MQTT5-4.7.1-2] [MQTT5-4.7.3-3]', filter => {
    expect(checkFilter(utf8(filter))).toBe(ErrorCode.BadFilter)
  })

  test.each(['$share/', '$share//a', '$share/g', '$share/g/', '$share/+/a', '$share/#/a', '$share/g+/a', '$share/g/a#'])('%s is no shared subscription [MQTT5-4.8.2-1] [MQTT5-4.8.2-2]', filter => {
    expect(checkFilter(utf8(filter))).toBe(ErrorCode.BadFilter)
  })

  test('none may have U+0000 or ill-formed UTF-8 [MQTT-3.8.3-1] [MQTT-3.10.3-1] [MQTT-4.7.3-2] [MQTT5-3.8.3-1] [MQTT5-3.10.3-1]', () => {
    for (const bytes of ['00', '612f00', 'ff', 'eda080']) expect(checkFilter(hex(bytes))).toBe(ErrorCode.BadUtf8)
  })

  test('what is shared and what is wild can be asked', () => {
    expect(['$share/g/a', '$share/', '$share', 'a/$share/b'].map(f => isShared(utf8(f)))).toEqual([true, true, false, false])
    expect(['a', 'a/b', 'a/+', '#', '$share/g/+'].map(f => hasWildcard(utf8(f)))).toEqual([false, false, true, true, true])
  })
})

/** Section 4.7 word for word, level by level. */
function reference(filter: string, topic: string): boolean {
  const shared = /^\$share\/[^/]+\/(.+)$/s.exec(filter)
  const want = (shared ? shared[1]! : filter).split('/')
  const have = topic.split('/')
  if (topic.startsWith('$') && (want[0] === '+' || want[0] === '#')) return false
  for (let i = 0; i < want.length; i++) {
    if (want[i] === '#') return true
    if (i >= have.length) return false
    if (want[i] !== '+' && want[i] !== have[i]) return false
  }
  return want.length === have.length
}

describe('matching', () => {
  const yes: [string, string][] = [
    ['a', 'a'], ['a/b', 'a/b'], ['#', 'a'], ['#', 'a/b/c'], ['a/#', 'a'], ['a/#', 'a/'], ['a/#', 'a/b/c'], ['+', 'a'], ['+/+', '/a'], ['/+', '/a'], ['a/+/c', 'a/b/c'],
    ['a/+/c', 'a//c'], ['+/#', 'a'], ['a/+', 'a/'], ['/#', '/'], ['$SYS/#', '$SYS/x'], ['$SYS/+', '$SYS/x'], ['$share/g/a/#', 'a'], ['$share/g/a/+', 'a/b'], ['$share/g//a', '/a']
  ]
  const no: [string, string][] = [
    ['a', 'b'], ['a', 'a/b'], ['a/b', 'a'], ['+', 'a/b'], ['+', '/a'], ['a/+', 'a'], ['a/+', 'a/b/c'], ['a/#', 'ab'], ['a/#', 'b/a'], ['#', '$SYS/x'], ['+/x', '$SYS/x'], ['+', '$'],
    ['A', 'a'], ['a/+/c', 'a/b/d'], ['$share/g/#', '$SYS/x'], ['$share/g/a', '$share/g/a'], ['$share/g/a', 'g/a'], ['a/+/#', 'a']
  ]
  test.each(yes)('%s matches %s', (filter, topic) => {
    expect(matches(utf8(filter), utf8(topic))).toBe(true)
  })
  test.each(no)('%s does not match %s', (filter, topic) => {
    expect(matches(utf8(filter), utf8(topic))).toBe(false)
  })

  test('is what the specification says, for any valid filter and topic', () => {
    const level = fc.constantFrom('', 'a', 'b', 'ab', '$a', '\u00e9')
    const aFilter = fc.tuple(fc.constantFrom('', '', '$share/g/'), fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 5 }), fc.boolean())
      .map(([share, levels, open]) => share + (open ? [...levels.slice(1), '#'] : levels).join('/')).filter(f => checkFilter(utf8(f)) === 0)
    const aTopic = fc.array(level, { minLength: 1, maxLength: 5 }).map(levels => levels.join('/')).filter(t => t !== '')
    let hits = 0
    fc.assert(fc.property(aFilter, aTopic, (filter, topic) => {
      const expected = reference(filter, topic)
      if (expected) hits++
      expect(matches(utf8(filter) as Bytes, utf8(topic))).toBe(expected)
    }), { numRuns: 5000 })
    expect(hits).toBeGreaterThan(200)
  })
})
