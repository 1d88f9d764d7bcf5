/**
 * The numbered statements of the specifications that a codec can keep or break. Each is shown by tests of this folder
 * whose titles carry its number, [MQTT-...] for 3.1.1 and [MQTT5-...] for 5.0.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const STATEMENTS = {
  // Text: well-formed, no U+0000, U+FEFF is a character.
  'MQTT-': [
    '1.5.3-1', '1.5.3-2', '1.5.3-3',
    // Header flags; which packets have an identifier, and that it is not 0.
    '2.2.2-1', '2.2.2-2', '2.3.1-1', '2.3.1-5', '2.3.1-6',
    // CONNECT: name, level, reserved bit, which fields are there and in what order.
    '3.1.2-1', '3.1.2-2', '3.1.2-3', '3.1.2-9', '3.1.2-11', '3.1.2-13', '3.1.2-15', '3.1.2-18', '3.1.2-19', '3.1.2-20', '3.1.2-21',
    '3.1.3-1', '3.1.3-3', '3.1.3-4', '3.1.3-10', '3.1.3-11',
    // CONNACK: a refusal has no session.
    '3.2.2-4',
    // PUBLISH.
    '3.3.1-2', '3.3.1-4', '3.3.2-1', '3.3.2-2',
    // PUBREL, SUBSCRIBE, SUBACK, UNSUBSCRIBE, DISCONNECT.
    '3.6.1-1', '3.8.1-1', '3.8.3-1', '3.8.3-4', '3.9.3-1', '3.9.3-2', '3.10.1-1', '3.10.3-1', '3.14.1-1',
    '4.3.1-1', '4.5.0-2', '4.7.1-1', '4.7.1-2', '4.7.1-3', '4.7.3-1', '4.7.3-2', '4.7.3-3', '4.8.0-1'
  ],
  'MQTT5-': [
    '1.5.4-1', '1.5.4-2', '1.5.4-3', '1.5.5-1', '1.5.7-1', '2.1.3-1', '2.2.1-2', '2.2.1-3', '2.2.1-5', '2.2.2-1',
    '3.1.2-1', '3.1.2-2', '3.1.2-3', '3.1.2-9', '3.1.2-11', '3.1.2-13', '3.1.2-16', '3.1.2-17', '3.1.2-18', '3.1.2-19',
    '3.1.3-1', '3.1.3-3', '3.1.3-4', '3.1.3-11', '3.1.3-12',
    '3.2.2-1', '3.2.2-6', '3.2.2-8', '3.3.1-2', '3.3.1-4', '3.3.2-1', '3.3.2-2', '3.3.2-8', '3.3.2-13', '3.3.2-14', '3.3.2-19', '3.3.4-6',
    '3.4.2-1', '3.5.2-1', '3.6.2-1', '3.7.2-1', '3.6.1-1', '3.8.1-1', '3.8.3-1', '3.8.3-5', '3.9.3-1', '3.9.3-2', '3.10.1-1', '3.10.3-1',
    '3.11.3-1', '3.11.3-2', '3.14.1-1', '3.14.2-1', '3.14.2-2', '3.15.1-1', '3.15.2-1',
    '4.7.0-1', '4.7.1-1', '4.7.1-2', '4.7.3-1', '4.7.3-2', '4.7.3-3', '4.8.2-1', '4.8.2-2'
  ]
}

/** The numbers in the titles of this folder's tests, and how often each is there. */
function claimed(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of readdirSync(import.meta.dirname)) {
    if (!name.endsWith('.test.ts') || name.startsWith('statements')) continue
    const source = readFileSync(new URL(name, import.meta.url), 'utf8')
    for (const [, id] of source.matchAll(/\[(MQTT5?-[\d.]+-\d+)\]/g)) counts.set(id!, (counts.get(id!) ?? 0) + 1)
  }
  return counts
}

test('every statement that the codec can keep or break has a test', () => {
  const counts = claimed()
  const wanted = Object.entries(STATEMENTS).flatMap(([prefix, ids]) => ids.map(id => prefix + id))
  expect(wanted.filter(id => !counts.has(id))).toEqual([])
})

test('no title claims a statement that the list does not know', () => {
  const known = new Set(Object.entries(STATEMENTS).flatMap(([prefix, ids]) => ids.map(id => prefix + id)))
  expect([...claimed().keys()].filter(id => !known.has(id))).toEqual([])
})
