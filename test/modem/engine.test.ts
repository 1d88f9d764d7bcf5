/** hal/at/engine and match: the same stream, cut in any way, gives the same calls. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../firmware/bytes.js'
import { feed, Most, type Engine } from '../../hal/at/engine.js'
import { createFound, match } from '../../hal/at/match.js'

/** What a driver with three kinds of lines would hear. */
function heard(pieces: string[]): { calls: string[]; overflows: number; longest: number } {
  const calls: string[] = []
  const found = createFound()
  let raw = ''
  let longest = 0
  const finish = (): void => {
    if (raw.length > 0 && engine.raw_ === 0) calls.push(`raw ${JSON.stringify(raw)}`)
    if (engine.raw_ === 0) raw = ''
  }
  const engine: Engine = {
    onLine_: (_, line) => {
      calls.push(`line ${JSON.stringify(line)}`)
      if (line === 'AT+CIPSEND=0,5') engine.prompt_ = true
      return match('+CIPRXGET:%_2,%n,%l,%r' as Bytes, line, found) > 0 ? found.l : 0
    },
    onHead_: (_, head) => {
      const used = match('+MSUB:%_"%t",%l byte,%$' as Bytes, head, found)
      if (used > 0) {
        calls.push(`head ${JSON.stringify(head.substring(0, used))}`)
        engine.raw_ = found.l
      }
      return used
    },
    onRaw_: (_, bytes) => {
      raw += bytes
      finish()
    },
    onPrompt_: () => { calls.push('prompt') },
    part_: '' as Bytes, raw_: 0, tail_: 0, ends_: 1, isTorn_: false, prompt_: false, dropping_: false, overflows_: 0
  }
  for (const piece of pieces) {
    feed(engine, piece as Bytes)
    longest = Math.max(longest, engine.part_.length)
  }
  return { calls, overflows: engine.overflows_, longest }
}

const NASTY = '\r\nOK\r\n+MSUB: 0\r\n> CONNECT OK\r\n\0\x1a\xff'
const ALL = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')

const TRANSCRIPTS = [
  'AT\r\r\nOK\r\n',
  '\r\n+CSQ: 20,99\r\n\r\nOK\r\n\r\n\r\n+CEREG: 1\r\n',
  `\r\n+CIPRXGET: 2,0,${NASTY.length},0\r\n${NASTY}\r\nOK\r\n`,
  `\r\n+CIPRXGET:2,0,256,7\r\n${ALL}\r\nOK\r\n0, CLOSED\r\n`,
  `+MSUB: "a/b",${ALL.length} byte,${ALL}\r\n+MSUB: "a",0 byte,\r\nOK\r\n`,
  'AT+CIPSEND=0,5\r\n\r\n+CGEV: ME PDN ACT 1,0\r\n> \r\nDATA ACCEPT:0,5\r\n',
  '> not a prompt\r\nAT+CIPSEND=0,5\n>\r\nOK\r\n',
  `${'x'.repeat(Most.Line)}\r\nOK\r\n${'y'.repeat(Most.Line - 1)}\r\nOK\r\n${'z'.repeat(5 * Most.Line)}\r\nOK\r\n`,
  `+MSUB: "${'t'.repeat(Most.Line)}",3 byte,abc\r\nOK\r\n`,
  `+MSUB: "${'t'.repeat(Most.Line - 18)}",3 byte,abc\r\nOK\r\n`,
  '+MSUB: "half\r\n",3 byte,\r\nOK\r\n',
  '\r\n'.repeat(40) + 'CONNECT OK\r\n'
]

describe('the AT engine', () => {
  it.each(TRANSCRIPTS.map((text, i) => [i, text] as const))('[S0-02.6] transcript %i: any way of cutting it gives the same calls', (_, text) => {
    const whole = heard([text])
    expect(heard([...text])).toMatchObject({ calls: whole.calls, overflows: whole.overflows })
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 200 }), (sizes) => {
      const pieces: string[] = []
      let i = 0
      for (const size of sizes) {
        pieces.push(text.substring(i, i + size))
        i += size
      }
      const cut = heard([...pieces, text.substring(i)])
      expect(cut.calls).toEqual(whole.calls)
      expect(cut.overflows).toBe(whole.overflows)
      expect(cut.longest).toBeLessThanOrEqual(Most.Line)
    }), { numRuns: 200 })
  })

  it('gives the same calls for any bytes at all, and holds no more than a line', () => {
    const piece = fc.oneof(
      fc.constantFrom('\r\n', 'OK', '> ', '+MSUB: "t",4 byte,', '+CIPRXGET: 2,0,9,0\r\n', 'AT+CIPSEND=0,5\r\n', '"', ',', '\n', NASTY),
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 300 }))
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 }), (parts, sizes) => {
      const text = parts.join('')
      const pieces: string[] = []
      for (let i = 0, k = 0; i < text.length; k += 1) {
        const size = sizes[k % sizes.length]!
        pieces.push(text.substring(i, i + size))
        i += size
      }
      const cut = heard(pieces)
      expect(cut.calls).toEqual(heard([text]).calls)
      expect(cut.longest).toBeLessThanOrEqual(Most.Line)
    }), { numRuns: 1000 })
  })

  it('[S0-08a] gives counted bytes as they are, whatever they look like', () => {
    expect(heard([`+CIPRXGET: 2,0,${NASTY.length},0\r\n${NASTY}\r\nOK\r\n`]).calls).toEqual(
      [`line "+CIPRXGET: 2,0,${NASTY.length},0"`, `raw ${JSON.stringify(NASTY)}`, 'line "OK"'])
    expect(heard([`+MSUB: "t",256 byte,${ALL}\r\n`]).calls[1]).toBe(`raw ${JSON.stringify(ALL)}`)
  })

  it('drops a line that is too long, all of it, and says so', () => {
    expect(heard([`${'9'.repeat(Most.Line + 1)}\r\nOK\r\n`])).toMatchObject({ calls: ['line "OK"'], overflows: 1 })
    expect(heard([`${'9'.repeat(Most.Line)}\nOK\r\n`])).toMatchObject({ calls: [`line "${'9'.repeat(Most.Line)}"`, 'line "OK"'], overflows: 0 })
  })
})

describe('patterns', () => {
  const cases: [string, string, number, object?][] = [
    ['OK', 'OK', 2],
    ['OK', 'OKAY', -1],
    ['OK', 'O', -1],
    ['%n,%_CONNECT OK', '3, CONNECT OK', 13, { n: 3 }],
    ['%n,%_CONNECT OK', '7,CONNECT OK', 12, { n: 7 }],
    ['+CIPRXGET:%_2,%n,%l,%r', '+CIPRXGET: 2,3,5,0', 18, { n: 3, l: 5, r: 0 }],
    ['+QMTOPEN:%_%n,%e', '+QMTOPEN: 0,-1', 14, { e: -1 }],
    ['+CEREG: %x,1%*', '+CEREG: 2,1,"1A2B","01",7', 25],
    ['+CEREG: %x,1%*', '+CEREG: 1', -1],
    ['+CEREG: %e', '+CEREG: 1,5', -1],
    ['+MSUB:%_"%t",%l byte,%$', '+MSUB: "a/b",12 byte,xyz', 21, { t: 'a/b', l: 12 }],
    ['+CIPRECVDATA:%l,%$', '+CIPRECVDATA:5', -1],
    ['+CIPRECVDATA:%l,%$', '+CIPRECVDATA:5,', 15, { l: 5 }],
    ['STATE: %t', 'STATE: IP INITIAL', 17, { t: 'IP INITIAL' }],
    ['%e', '1234567890', -1],
    ['%e', '-', -1],
    ['%t.%t.%t.%t', '10.1.2.3', 8]
  ]
  it.each(cases)('%s on %s: %i', (pattern, line, taken, found) => {
    const into = createFound()
    expect(match(pattern as Bytes, line as Bytes, into)).toBe(taken)
    if (found !== undefined) expect(into).toMatchObject(found)
  })
})
