import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { explain, reasonText, returnCodeText, sentenceOf } from '../../firmware/explain.js'
import type { Cause } from '../../firmware/types.js'
import { LinkCode } from '../../hal/hal.js'
import '../../hal/host/explain.zh.js'
import { allCodes, enumMembers, readText } from '../docs/sources.js'

function cause(code: number, numbers: Partial<Cause> = {}): Cause {
  return { code, reason: 0, value: 0, limit: 0, detail: '', ...numbers }
}

/** Every reason code of MQTT 5.0, section 2.4. */
const REASONS = [
  0x00, 0x01, 0x02, 0x04, 0x10, 0x11, 0x18, 0x19, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b,
  0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f,
  0xa0, 0xa1, 0xa2
]

describe('the sentence of a cause', () => {
  it('[S1-07] takes a keepalive of 60000 for milliseconds and proposes 60', () => {
    const text = explain(cause(ErrorCode.BadKeepalive, { value: 60000, limit: 65535, detail: 'keepalive' }))
    expect(text).toBe('keepalive is in seconds, and 60000 looks like milliseconds; the limit is 65535. Did you mean 60?')
  })

  it('[S1-07] names the range for a keepalive that is no round number of thousands', () => {
    expect(explain(cause(ErrorCode.BadKeepalive, { value: 70001, limit: 65535 }))).toMatch(
      /^A keepalive of 70001 seconds is not accepted; the limit is 65535\. /
    )
    expect(explain(cause(ErrorCode.BadKeepalive, { value: -1, limit: 65535 }))).toContain('of -1 seconds')
  })

  it('[S2-24] tells wrong credentials from missing permission in a refused CONNECT of 3.1.1', () => {
    const refused = (reason: number) => explain(cause(ErrorCode.ConnectRefused, { reason, detail: 'mqtt.example.org' }))
    expect(refused(4)).toContain('The server mqtt.example.org refused the connection: 4 (wrong user name or password).')
    expect(refused(5)).toContain('The server mqtt.example.org refused the connection: 5 (not authorized).')
  })

  it('[S2-14] writes the reason code of a refused CONNECT of 5.0 as the specification does', () => {
    expect(explain(cause(ErrorCode.ConnectRefused, { reason: 0x87, detail: 'mqtt.example.org' }))).toContain(
      'refused the connection: 0x87 (not authorized).'
    )
    expect(explain(cause(ErrorCode.ServerDisconnected, { reason: 0x8e }))).toContain('0x8E (session taken over)')
  })

  it('carries size and limit of a publish that is too large', () => {
    expect(explain(cause(ErrorCode.PacketTooLarge, { value: 1536, limit: 1024, detail: 'limits.packetOut' }))).toBe(
      'A packet of 1536 bytes is too large: 1024 bytes may be sent (limits.packetOut). Send less at a time, raise limits.packetOut, or use publishStream.'
    )
  })

  it('carries count and limit of a full outbox', () => {
    expect(explain(cause(ErrorCode.QueueFull, { value: 16, limit: 16 }))).toContain('The outbox holds 16 messages, its limit is 16.')
  })

  it('carries the time waited and the limit of an unanswered ping', () => {
    expect(explain(cause(ErrorCode.PingTimeout, { value: 20005, limit: 20000 }))).toContain('No answer to a ping for 20005 ms, the limit is 20000;')
  })

  it('leaves out the parts for which the cause has no number or name', () => {
    expect(explain(cause(ErrorCode.ClosedByServer))).toMatch(/^The server closed the connection without a reason\. /)
    expect(explain(cause(ErrorCode.ClosedByServer, { detail: 'a.example', value: 1500 }))).toMatch(
      /^The server a\.example closed the connection without a reason, after 1500 ms\. /
    )
  })

  it('prints a topic that contains the characters of a template as it is', () => {
    expect(explain(cause(ErrorCode.BadTopic, { detail: 'a/{value}[~]/#' }))).toContain('"a/{value}[~]/#"')
  })

  it('names the number of a code that is not in the list', () => {
    expect(explain(cause(-999))).toContain('-999')
    expect(explain(cause(-29), 'zh')).toContain('-29')
  })

  it('speaks English for a language that was not linked in', () => {
    expect(explain(cause(ErrorCode.NotStarted), 'fr' as 'en')).toBe(explain(cause(ErrorCode.NotStarted)))
  })

  it('answers in Chinese where the Chinese texts are linked in', () => {
    expect(explain(cause(ErrorCode.BadKeepalive, { value: 60000, limit: 65535 }), 'zh')).toBe(
      'keepalive 的单位是秒，60000 看起来像毫秒；上限是 65535。是不是想写 60？'
    )
    expect(explain(cause(ErrorCode.ConnectRefused, { reason: 4, detail: 'mqtt.example.org' }), 'zh')).toContain('4 (用户名或密码错误)')
  })
})

describe.each(['en', 'zh'] as const)('the texts in %s', (language) => {
  const codes = [...allCodes()]

  it.each(codes)('have a sentence of their own for %s', (_name, code) => {
    const sentence = sentenceOf(code, language)
    expect(sentence).not.toBe('')
    expect(codes.filter(([, other]) => sentenceOf(other, language) === sentence)).toHaveLength(1)
  })

  it.each(codes)('say for %s what happened and what to do next', (_name, code) => {
    const [happened, next, ...more] = sentenceOf(code, language).split('~')
    expect(more).toEqual([])
    expect(happened).toMatch(language === 'en' ? /\.(\])? $/ : /。$/)
    expect(next).toMatch(language === 'en' ? /^\S.*\.$/ : /^\S.*。$/)
  })

  it.each(codes)('fill in all marks of %s', (_name, code) => {
    const text = explain(cause(code, { reason: 0x87, value: 4711, limit: 9999, detail: 'the/detail' }), language)
    expect(text).not.toMatch(/[{}[\]~]/)
    const template = sentenceOf(code, language)
    for (const [mark, seen] of Object.entries({ value: '4711', limit: '9999', detail: 'the/detail', reason: '0x87' })) {
      expect(text.includes(seen), `${mark} in "${text}"`).toBe(template.includes(`{${mark}}`))
    }
  })

  it.each(codes)('leave no gap for %s when the cause says nothing but the code', (_name, code) => {
    expect(explain(cause(code), language)).not.toMatch(/[{}[\]~]| \(\)|（）| {2}| [.,;:。，；：]|^[ ,;:]/)
  })

  it('name every reason code of MQTT 5.0, each differently', () => {
    const undefinedCode = reasonText(0xff, language)
    const texts = REASONS.map((reason) => reasonText(reason, language))
    expect(new Set([...texts, undefinedCode]).size).toBe(REASONS.length + 1)
    for (let reason = 0; reason < 256; reason++) {
      if (!REASONS.includes(reason)) expect(reasonText(reason, language)).toBe(undefinedCode)
    }
  })

  it('name the return codes of CONNACK in 3.1 and 3.1.1', () => {
    expect(new Set([0, 1, 2, 3, 4, 5, 6].map((code) => returnCodeText(code, language))).size).toBe(7)
    expect(returnCodeText(6, language)).toBe(returnCodeText(200, language))
  })
})

describe('the text files', () => {
  it('name every reason code that the core names', () => {
    expect([...enumMembers('firmware/codes.ts', 'Reason').values()].filter((reason) => !REASONS.includes(reason))).toEqual([])
  })

  it('ask for the same numbers in both languages', () => {
    const marks = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
    for (const [name, code] of allCodes()) expect(marks(sentenceOf(code, 'zh')), name).toEqual(marks(sentenceOf(code, 'en')))
  })

  it('are ASCII inside firmware', () => {
    for (const path of ['firmware/explain.ts', 'firmware/explain.en.ts']) {
      expect([...readText(path)].filter((character) => character.charCodeAt(0) > 126), path).toEqual([])
    }
  })

  it('do not take codes of ports for codes of the core', () => {
    expect(sentenceOf(LinkCode.Closed)).not.toBe(sentenceOf(ErrorCode.ClosedByServer))
  })
})
