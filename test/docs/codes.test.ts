import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { explain, reasonText, returnCodeText, sentenceOf } from '../../firmware/explain.js'
import { allCodes, readText, tableRows } from './sources.js'

const page = readText('docs/codes.md')
const rows = tableRows(page)
const codeRows = rows.filter(([number]) => /^-\d+$/.test(number))

describe('docs/codes.md', () => {
  it('has one row for every code, under its number and name', () => {
    const listed = codeRows.map(([number, name]) => `${name} ${number}`).sort()
    expect(listed).toEqual([...allCodes()].map(([name, number]) => `${name} ${number}`).sort())
  })

  it.each(codeRows)('%s %s says what the device says', (number, _name, _numbers, happened, next) => {
    expect(`${happened} ~${next}`).toBe(sentenceOf(Number(number)))
  })

  it.each(codeRows)('%s %s says what each number in its sentence means', (_number, _name, numbers, happened, next) => {
    for (const mark of ['value', 'limit', 'reason', 'detail']) {
      if (`${happened}${next}`.includes(`{${mark}}`)) expect(numbers).toMatch(new RegExp(`\\b${mark}\\b`))
    }
  })

  it('[S2-24] has the words of every CONNACK return code', () => {
    const listed = rows.filter(([code, , third]) => /^\d$/.test(code) && third === undefined)
    expect(listed).toEqual([0, 1, 2, 3, 4, 5].map((code) => [String(code), returnCodeText(code)]))
  })

  it('has the words of every reason code of MQTT 5.0', () => {
    const listed = rows.filter(([code]) => /^0x[0-9A-F]{2}$/.test(code))
    const defined = Array.from({ length: 256 }, (_, reason) => reason).filter((reason) => reasonText(reason) !== reasonText(255))
    expect(listed).toEqual(defined.map((reason) => [`0x${reason.toString(16).toUpperCase().padStart(2, '0')}`, reasonText(reason)]))
  })

  it('[S1-07] quotes the sentence for a keepalive in milliseconds', () => {
    const text = explain({ code: ErrorCode.BadKeepalive, reason: 0, value: 60000, limit: 3600, detail: 'keepalive' })
    expect(page.replaceAll('\n', ' ')).toContain(`"${text}"`)
  })
})
