import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import { Bench, HOST, NASTY, PORT } from './bench.js'

function up(bench: Bench): void {
  bench.command('ATE0')
  bench.command('AT+CSTT')
  bench.command('AT+CIICR')
  bench.command('AT+CIFSR', '10.64.12.34\r\n')
}

function open(bench: Bench): void {
  up(bench)
  bench.command('AT+CIPRXGET=1')
  bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, '\r\nCONNECT OK\r\n')
}

describe('openLuat TCP', () => {
  it('echoes until ATE0, and answers a bare AT', () => {
    const bench = new Bench({ family: 'air724' })
    expect(bench.command('AT')).toBe('AT\r\r\nOK\r\n')
    expect(bench.command('ATE0')).toBe('ATE0\r\r\nOK\r\n')
    expect(bench.command('AT')).toBe('\r\nOK\r\n')
  })

  it('carries every byte value both ways, announces data once, and reports the close', () => {
    const bench = new Bench({ family: 'air724' })
    open(bench)
    bench.command('AT+CIPQSEND=1')
    expect(bench.give(`AT+CIPSEND=${NASTY.length}`, NASTY, `DATA ACCEPT:${NASTY.length}\r\n`)).toBe(`\r\nDATA ACCEPT:${NASTY.length}\r\n`)
    bench.run(1000)
    expect(bench.served).toBe(NASTY)
    expect(bench.command('AT+CIPACK')).toBe(`\r\n+CIPACK: ${NASTY.length},${NASTY.length},0\r\n\r\nOK\r\n`)
    bench.connection!.send(NASTY)
    expect(bench.expect('+CIPRXGET: 1\r\n')).toBe('\r\n+CIPRXGET: 1\r\n')
    bench.connection!.send('more' as Bytes)
    expect(bench.within(500)).toBe('')
    expect(bench.command('AT+CIPRXGET=4')).toBe(`\r\n+CIPRXGET: 4,${NASTY.length + 4}\r\n\r\nOK\r\n`)
    bench.type('AT+CIPRXGET=2,100\r\n')
    expect(bench.within(500)).toBe(`\r\n+CIPRXGET: 2,100,${NASTY.length - 96}\r\n${NASTY.substring(0, 100)}\r\nOK\r\n`)
    bench.type('AT+CIPRXGET=2,1460\r\n')
    expect(bench.within(500)).toBe(`\r\n+CIPRXGET: 2,${NASTY.length - 96},0\r\n${NASTY.substring(100)}more\r\nOK\r\n`)
    bench.connection!.send('AB' as Bytes)
    bench.expect('+CIPRXGET: 1\r\n')
    expect(bench.command('AT+CIPRXGET=3,730')).toBe('\r\n+CIPRXGET: 3,2,0\r\n4142\r\nOK\r\n')
    bench.connection!.fin()
    expect(bench.expect('CLOSED\r\n')).toBe('\r\nCLOSED\r\n')
    expect(bench.command('AT+CIPSTATUS', 'STATE: TCP CLOSED\r\n')).toBe('\r\nOK\r\n\r\nSTATE: TCP CLOSED\r\n')
  })

  it('keeps its states: each command only where the manual allows it', () => {
    const bench = new Bench({ family: 'air724' })
    bench.command('ATE0')
    expect(bench.command('AT+CIICR', 'ERROR: 3\r\n')).toBe('\r\n+CME ERROR: 3\r\n')
    bench.command('AT+CIFSR', 'ERROR: 3\r\n')
    bench.command('AT+CDNSGIP="x"', 'ERROR: 3\r\n')
    bench.command('AT+CSTT="cmnet","",""')
    bench.command('AT+CSTT', 'ERROR: 3\r\n')
    bench.command('AT+CIPMUX=1', 'ERROR: 3\r\n')
    bench.command('AT+CIPSTATUS', 'STATE: IP START\r\n')
    bench.command('AT+CIICR')
    bench.command('AT+CIPSTATUS', 'STATE: IP GPRSACT\r\n')
    expect(bench.command('AT+CIFSR', '34\r\n')).toBe('\r\n10.64.12.34\r\n')
    bench.command('AT+CIPSTATUS', 'STATE: IP STATUS\r\n')
    bench.command('AT+CIPSEND=5', 'ERROR: 3\r\n')
    bench.command('AT+CIPCLOSE', 'ERROR\r\n')
    expect(bench.command('AT+CIPSHUT', 'SHUT OK\r\n')).toBe('\r\nSHUT OK\r\n')
    bench.command('AT+CIPSTATUS', 'STATE: IP INITIAL\r\n')
  })

  it('says ALREADY CONNECT, CONNECT FAIL with its state, and CLOSE OK', () => {
    const bench = new Bench({ family: 'air724' })
    open(bench)
    bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, 'OK\r\n\r\nALREADY CONNECT\r\n')
    expect(bench.command('AT+CIPCLOSE', 'CLOSE OK\r\n')).toBe('\r\nCLOSE OK\r\n')
    expect(bench.command('AT+CIPSTART="TCP","nobody.test",1', 'CONNECT FAIL\r\n')).toBe('\r\nOK\r\n\r\nSTATE: TCP CLOSED\r\n\r\nCONNECT FAIL\r\n')
  })

  it('resolves names after its OK, and gives a code where it cannot', () => {
    const bench = new Bench({ family: 'air724' })
    up(bench)
    expect(bench.command(`AT+CDNSGIP="${HOST}"`, '"203.0.113.2"\r\n')).toBe(`\r\nOK\r\n\r\n+CDNSGIP: 1,"${HOST}","203.0.113.2"\r\n`)
    bench.command('AT+CIPSTART="TCP","203.0.113.2",1883', '\r\nCONNECT OK\r\n')
    bench.modem.radio.dns = 'fail'
    bench.command('AT+CDNSGIP="other.test"', '\r\nOK\r\n\r\n+CDNSGIP:0,12\r\n')
  })

  it('numbers its links with CIPMUX=1', () => {
    const bench = new Bench({ family: 'air724' })
    bench.command('ATE0')
    bench.command('AT+CIPMUX=1')
    bench.command(`AT+CIPSTART=3,"TCP","${HOST}",${PORT}`, 'ERROR: 3\r\n')
    bench.command('AT+CSTT;+CIICR')
    bench.command('AT+CIFSR', '34\r\n')
    bench.command('AT+CIPRXGET=1')
    bench.command(`AT+CIPSTART=3,"TCP","${HOST}",${PORT}`, '\r\n3, CONNECT OK\r\n')
    expect(bench.give('AT+CIPSEND=3,2', 'hi', 'OK\r\n')).toBe('\r\n3, SEND OK\r\n')
    bench.connection!.send('abc' as Bytes)
    bench.expect('\r\n+CIPRXGET: 1,3\r\n')
    bench.command('AT+CIPRXGET=2,3,10', '\r\n+CIPRXGET: 2,3,3,0\r\nabc\r\nOK\r\n')
    const status = bench.command('AT+CIPSTATUS', 'C: 5,,"","","","INITIAL"\r\n')
    expect(status).toContain('\r\nOK\r\n\r\nSTATE: IP PROCESSING\r\n')
    expect(status).toContain('C: 3,0,"TCP","203.0.113.2","1883","CONNECTED"\r\n')
    bench.connection!.fin()
    bench.expect('\r\n3, CLOSED\r\n')
  })

  it('pushes data as it comes, with a line end unless CIPRXF=1', () => {
    const bench = new Bench({ family: 'air724' })
    up(bench)
    bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, '\r\nCONNECT OK\r\n')
    bench.connection!.send('abc' as Bytes)
    expect(bench.within(500)).toBe('abc\r\n')
    bench.command('AT+CIPRXF=1')
    bench.command('AT+CIPHEAD=1')
    bench.connection!.send('abc' as Bytes)
    expect(bench.within(500)).toBe('\r\n+IPD,3:abc')
  })

  it('swallows a line feed behind a command that ended in a return alone', () => {
    const bench = new Bench({ family: 'air724' })
    open(bench)
    bench.type('AT+CIPSEND=3\r')
    bench.expect('> ')
    bench.type('\nab')
    expect(bench.within(2000)).toBe('')
    bench.type('c')
    bench.expect('SEND OK\r\n')
    bench.run(500)
    expect(bench.served).toBe('abc')
    bench.give('AT+CIPSEND=3', '\nab', 'SEND OK\r\n')
    bench.run(500)
    expect(bench.served).toBe('abc\nab')
  })

  it('ends data of unknown length at Ctrl-Z, and forgets it at ESC', () => {
    const bench = new Bench({ family: 'air724' })
    open(bench)
    bench.give('AT+CIPSEND', 'abc\x1a', 'SEND OK\r\n')
    bench.give('AT+CIPSEND', 'abc\x1b', '\r\nOK\r\n')
    bench.run(500)
    expect(bench.served).toBe('abc')
  })

  it('loses the context: links go, CIPSHUT is needed, and the rest works again', () => {
    const bench = new Bench({ family: 'air724' })
    open(bench)
    bench.modem.losePdp()
    expect(bench.within(100)).toBe('\r\n+CGEV: NW PDN DEACT 1\r\n\r\n+PDP DEACT\r\n')
    bench.command('AT+CIPSTATUS', 'STATE: PDP DEACT\r\n')
    bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, 'ERROR: 3\r\n')
    bench.command('AT+CIPSHUT', 'SHUT OK\r\n')
    open(bench)
  })

  it('has no context in arrears: LTE is denied with its cause and GSM is not', () => {
    const bench = new Bench({ family: 'air724', radio: { arrears: true } })
    bench.command('ATE0')
    bench.command('AT+CEREG=3')
    bench.command('AT+CEREG?', '\r\n+CEREG: 3,3,,,,0,15\r\n\r\nOK\r\n')
    bench.command('AT+CREG?', '\r\n+CREG: 0,1\r\n\r\nOK\r\n')
    bench.command('AT+CSTT')
    expect(bench.command('AT+CIICR', 'ERROR\r\n')).toBe('\r\nERROR\r\n')
  })

  it('holds the peer back when nobody fetches, and loses nothing', () => {
    const bench = new Bench({ family: 'air724', receiveBuffer: 1000 })
    open(bench)
    const sent = 'x'.repeat(20000)
    bench.connection!.send(sent as Bytes)
    bench.run(5000)
    expect(bench.connection!.backlog).toBeGreaterThan(5000)
    bench.command('AT+CIPRXGET=4', '\r\n+CIPRXGET: 4,1000\r\n\r\nOK\r\n')
    let got = 0
    while (got < sent.length) {
      const answer = bench.command('AT+CIPRXGET=2,1460')
      got += Number(/2,(\d+),/.exec(answer)![1])
      bench.run(50)
    }
    expect(got).toBe(sent.length)
    bench.command('AT+CIPRXGET=4', '\r\n+CIPRXGET: 4,0\r\n')
  })

  it('announces each arrival with CIPRXGET=5', () => {
    const bench = new Bench({ family: 'air780' })
    open(bench)
    bench.command('AT+CIPRXGET=5')
    for (let i = 0; i < 3; i++) {
      bench.connection!.send('abc' as Bytes)
      expect(bench.within(500)).toBe('\r\n+CIPRXGET: 1\r\n')
    }
  })

  it('opens TLS with the files it was given', () => {
    const bench = new Bench({ family: 'air724' }, { tls: 'ok' })
    up(bench)
    bench.command('AT+FSCREATE="ca.crt"')
    bench.give('AT+FSWRITE="ca.crt",0,3,10', 'PEM', '\r\nOK\r\n')
    bench.command('AT+SSLCFG="cacert",0,"ca.crt";+SSLCFG="seclevel",0,1;+CIPSSL=1')
    bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, '\r\nCONNECT OK\r\n')
    bench.command('AT+CIPSHUT', 'SHUT OK\r\n')
    bench.command('AT+SSLCFG="cacert",0,"other.crt"')
    bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, 'CONNECT FAIL\r\n')
  })
})
