import { describe, expect, it } from 'vitest'
import { Bench, HOST, NASTY, PORT } from './bench.js'

function up(): Bench {
  const bench = new Bench({ family: 'sim800' })
  bench.command('ATE0')
  bench.command('AT+CIPMUX=1')
  bench.command('AT+CIPQSEND=1')
  bench.command('AT+CIPRXGET=1')
  bench.command('AT+CSTT="cmnet","",""')
  bench.command('AT+CIICR')
  bench.command('AT+CIFSR', '34\r\n')
  return bench
}

describe('SIM800', () => {
  it('carries every byte value both ways on a numbered link', () => {
    const bench = up()
    expect(bench.command(`AT+CIPSTART=1,"TCP","${HOST}",${PORT}`, '1, CONNECT OK\r\n')).toBe('\r\nOK\r\n\r\n1, CONNECT OK\r\n')
    bench.give(`AT+CIPSEND=1,${NASTY.length}`, NASTY, `\r\nDATA ACCEPT:1,${NASTY.length}\r\n`)
    bench.run(500)
    expect(bench.served).toBe(NASTY)
    bench.connection!.send(NASTY)
    bench.expect('\r\n+CIPRXGET: 1,1\r\n')
    expect(bench.command('AT+CIPRXGET=2,1,1460', '\r\nOK\r\n')).toContain(`+CIPRXGET: 2,1,${NASTY.length},0\r\n`)
    bench.run(100)
    bench.connection!.fin()
    bench.expect('\r\n1, CLOSED\r\n')
  })

  it('reports the loss of the context in its spelling, and powers down with a line of its own', () => {
    const bench = up()
    bench.modem.losePdp()
    expect(bench.within(50)).toBe('\r\n+PDP: DEACT\r\n')
    bench.command('AT+CPOWD=1', '\r\nNORMAL POWER DOWN\r\n')
    bench.run(3000)
    expect(bench.modem.powerState).toBe('off')
  })

  it('answers SEND OK only when the peer has it, unless CIPQSEND=1', () => {
    const bench = up()
    bench.command('AT+CIPQSEND=0')
    bench.command(`AT+CIPSTART=1,"TCP","${HOST}",${PORT}`, '1, CONNECT OK\r\n')
    bench.sim.network.partition('both')
    bench.command('AT+CIPSEND=1,2', '> ')
    bench.type('ab')
    expect(bench.within(3000)).toBe('')
    bench.sim.network.partition('none')
    bench.expect('\r\n1, SEND OK\r\n', 60000)
  })

  it('knows neither the fifth mode of CIPRXGET nor CEREG', () => {
    const bench = up()
    bench.command('AT+CIPRXGET=5', 'ERROR\r\n')
    bench.command('AT+CEREG?', 'ERROR\r\n')
  })
})
