import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { Faults } from '../../hal/sim/modem/index.js'
import { Bench, HOST, PORT } from './bench.js'

function up(faults: Partial<Faults> = {}): Bench {
  const bench = new Bench({ family: 'air724' })
  bench.command('ATE0')
  bench.command('AT+CIPRXGET=1')
  bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, 'CONNECT OK\r\n')
  Object.assign(bench.modem.faults, faults)
  return bench
}

describe('faults', () => {
  it('chunks: output comes in pieces, and between them time passes where there is a gap', () => {
    const bench = up({ chunks: [1, 3], chunkGapMs: 10 })
    const from = bench.modem.transcript.length
    bench.command('AT')
    const pieces = bench.modem.transcript.slice(from).filter((entry) => entry.from === 'module')
    expect(pieces.map((piece) => piece.bytes.length).slice(0, 2).sort()).toEqual([1, 3])
    expect(pieces[1]!.at - pieces[0]!.at).toBe(10)
  })

  it('chunks: no two pieces come in one wake of the world', () => {
    const bench = up({ chunks: 1 })
    let wakes = 0
    const seen: number[] = []
    bench.sim.hal.timer.onWake!(() => { wakes += 1 })
    bench.modem.onOutput = () => { seen.push(bench.sim.device.timer.wakes) }
    bench.type('AT\r\n')
    bench.run(100)
    expect(seen).toHaveLength(6)
    expect(new Set(seen).size).toBe(6)
    expect(wakes).toBe(0)
  })

  it('unsolicited: a stray line at every boundary, never inside of data', () => {
    const bench = up({ unsolicited: 1, unsolicitedLines: ['STRAY'] })
    expect(bench.command('AT+CSQ')).toBe('\r\nSTRAY\r\n\r\n+CSQ: 23,0\r\n\r\nSTRAY\r\n\r\nOK\r\n')
    bench.connection!.send('abc' as Bytes)
    bench.expect('+CIPRXGET: 1\r\n')
    expect(bench.command('AT+CIPRXGET=2,100')).toBe('\r\n+CIPRXGET: 2,3,0\r\nabc\r\nSTRAY\r\n\r\nOK\r\n')
  })

  it('bytes are lost and come twice, in either direction', () => {
    const script = (name: string, of: string) => (fault: string, detail: string): boolean | undefined => (fault === name ? detail === of : undefined)
    const bench = up({ script: script('loseOut', 'K') })
    expect(bench.command('AT', 'O\r\n')).toBe('\r\nO\r\n')
    bench.modem.faults.script = script('doubleOut', 'K')
    expect(bench.command('AT', 'OKK\r\n')).toBe('\r\nOKK\r\n')
    bench.modem.faults.script = script('loseIn', 'Q')
    bench.command('AT+CSQ', '\r\n+CME ERROR: 58\r\n')
    bench.modem.faults.script = script('doubleIn', 'Q')
    bench.command('AT+CSQ', '\r\n+CME ERROR: 58\r\n')
    bench.modem.faults.script = undefined
    bench.modem.faults.loseOut = 1
    bench.type('AT\r\n')
    expect(bench.within(1000)).toBe('')
  })

  it('lateFinal: the final line comes late, and the command runs until then', () => {
    const bench = up({ lateFinal: 1, lateFinalMs: [3000, 3000] })
    bench.type('AT+CSQ\r\n')
    expect(bench.within(2500)).toBe('\r\n+CSQ: 23,0\r\n')
    expect(bench.modem.modem.desk.busy).toBe(true)
    bench.expect('\r\nOK\r\n')
  })

  it('silence: everything comes late', () => {
    const bench = up()
    bench.modem.silence(5000)
    bench.type('AT\r\n')
    expect(bench.within(4000)).toBe('')
    expect(bench.within(2000)).toBe('\r\nOK\r\n')
  })

  it('promptUrc: a stray line before, behind, or in place of the prompt', () => {
    const bench = up({ promptUrc: 1, unsolicitedLines: ['STRAY'] })
    bench.type('AT+CIPSEND=2\r\n')
    expect(bench.within(100)).toBe('\r\nSTRAY\r\n\r\n> ')
    bench.type('ab')
    bench.expect('SEND OK\r\n')
    bench.modem.faults.promptUrcWhere = 'after'
    bench.type('AT+CIPSEND=2\r\n')
    expect(bench.within(100)).toBe('\r\n> \r\nSTRAY\r\n')
    bench.type('cd')
    bench.expect('SEND OK\r\n')
    bench.modem.faults.promptUrcWhere = 'instead'
    bench.type('AT+CIPSEND=2\r\n')
    expect(bench.within(100)).toBe('\r\nSTRAY\r\n')
    bench.type('ef')
    bench.expect('SEND OK\r\n')
    bench.run(500)
    expect(bench.served).toBe('abcdef')
  })

  it('sendFail: the data is taken and not sent', () => {
    const bench = up({ sendFail: 1 })
    bench.give('AT+CIPSEND=2', 'ab', '\r\nSEND FAIL\r\n')
    bench.run(500)
    expect(bench.served).toBe('')
  })

  it('doubledLineEnd: lines end twice', () => {
    const bench = up({ doubledLineEnd: 1 })
    expect(bench.command('AT', 'OK\r\n\r\n')).toBe('\r\nOK\r\n\r\n')
  })

  it('the link ends between the prompt and its data: at once or afterwards, by the quirk', () => {
    const bench = up()
    bench.command('AT+CIPSEND=2', '> ')
    bench.modem.dropLink()
    expect(bench.within(100)).toBe('\r\nCLOSED\r\n')
    bench.type('ab')
    bench.expect('\r\nERROR\r\n')
    const other = up()
    other.modem.quirks.closedAtPrompt = 'error-at-once'
    other.command('AT+CIPSEND=2', '> ')
    other.modem.dropLink(0)
    other.run(100)
    expect(other.output).toContain('\r\nERROR\r\n')
    other.command('AT')
  })

  it('data that comes before its prompt is lost, or taken by the quirk', () => {
    const bench = up()
    bench.type('AT+CIPSEND=2\r\nab')
    expect(bench.within(500)).toBe('\r\n> ')
    expect(bench.modem.modem.desk.early).toBe(2)
    const other = up()
    other.modem.quirks.earlyData = 'taken'
    other.type('AT+CIPSEND=2\r\nab')
    other.expect('SEND OK\r\n')
  })

  it('what waits to be sent is bounded, and what is lost for it is counted', () => {
    const bench = up()
    bench.modem.silence(10000)
    for (let i = 0; i < 80; i++) bench.modem.modem.data('x'.repeat(1000))
    expect(bench.modem.modem.wire.dropped).toBe(80000 - 65536)
    expect(bench.within(11000)).toHaveLength(65536)
  })
})
