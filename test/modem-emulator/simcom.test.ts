import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { Bench, HOST, NASTY, PORT } from './bench.js'

function up(options: Partial<ModemOptions> = {}, server: { tls?: 'ok' | 'untrusted' } = {}): Bench {
  const bench = new Bench({ family: 'sim7600', ...options }, server)
  bench.command('ATE0')
  bench.command('AT+CIPRXGET=1')
  bench.command('AT+NETOPEN', '\r\nOK\r\n\r\n+NETOPEN: 0\r\n')
  return bench
}

describe.each(['sim7600', 'a7670'] as const)('%s TCP', (family) => {
  it('carries every byte value both ways', () => {
    const bench = up({ family })
    expect(bench.command(`AT+CIPOPEN=0,"TCP","${HOST}",${PORT}`, '+CIPOPEN: 0,0\r\n')).toBe('\r\nOK\r\n\r\n+CIPOPEN: 0,0\r\n')
    expect(bench.give(`AT+CIPSEND=0,${NASTY.length}`, NASTY, `+CIPSEND: 0,${NASTY.length},${NASTY.length}\r\n`, '\r\n>')).toBe(`\r\nOK\r\n\r\n+CIPSEND: 0,${NASTY.length},${NASTY.length}\r\n`)
    bench.run(500)
    expect(bench.served).toBe(NASTY)
    bench.connection!.send(NASTY)
    bench.expect('\r\n+CIPRXGET: 1,0\r\n')
    bench.command('AT+CIPRXGET=4,0', `\r\n+CIPRXGET: 4,0,${NASTY.length}\r\n\r\nOK\r\n`)
    bench.type('AT+CIPRXGET=2,0,1500\r\n')
    expect(bench.within(100)).toBe(`\r\n+CIPRXGET: 2,0,${NASTY.length},0\r\n${NASTY}\r\nOK\r\n`)
    bench.connection!.fin()
    bench.expect('\r\n+IPCLOSE: 0,1\r\n')
    bench.command('AT+CIPCLOSE=0', '\r\n+CIPCLOSE: 0,2\r\n\r\nERROR\r\n')
  })
})

describe('SIM7600', () => {
  it('tells a failed open behind its OK, or before an ERROR where the firmware does so', () => {
    expect(up().command('AT+CIPOPEN=1,"TCP","nobody.test",1', '+CIPOPEN: 1,11\r\n')).toBe('\r\nOK\r\n\r\n+CIPOPEN: 1,11\r\n')
    expect(up({ quirks: { openErrorOrder: 'result-then-error' } }).command('AT+CIPOPEN=1,"TCP","nobody.test",1', 'ERROR\r\n')).toBe('\r\n+CIPOPEN: 1,11\r\n\r\nERROR\r\n')
  })

  it('refuses what its states do not allow', () => {
    const bench = up()
    bench.command('AT+NETOPEN', '\r\n+IP ERROR: Network is already opened\r\n\r\nERROR\r\n')
    bench.command('AT+CIPSEND=0,5', 'ERROR\r\n')
    bench.command('AT+NETCLOSE', '\r\nOK\r\n\r\n+NETCLOSE: 0\r\n')
    bench.command(`AT+CIPOPEN=0,"TCP","${HOST}",${PORT}`, '\r\n+CIPOPEN: 0,2\r\n\r\nERROR\r\n')
  })

  it('pushes data with its sender and its length unless CIPRXGET=1', () => {
    const bench = new Bench({ family: 'sim7600' })
    bench.command('ATE0')
    bench.command('AT+NETOPEN', '+NETOPEN: 0\r\n')
    bench.command(`AT+CIPOPEN=0,"TCP","${HOST}",${PORT}`, '+CIPOPEN: 0,0\r\n')
    bench.connection!.send('abc' as Bytes)
    expect(bench.within(500)).toBe('\r\nRECV FROM:203.0.113.2:1883\r\n+IPD3\r\nabc')
  })

  it('says that the network closed, and needs NETOPEN again', () => {
    const bench = up()
    bench.modem.losePdp()
    bench.expect('\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n')
    bench.command('AT+NETOPEN?', '\r\n+NETOPEN: 0\r\n')
    bench.command('AT+NETOPEN', '+NETOPEN: 0\r\n')
  })

  it('carries TLS over CCH, fetched by hand, and checks the certificate where it was told to', () => {
    const bench = up({}, { tls: 'untrusted' })
    bench.command('AT+CCHSET=1,1')
    bench.command('AT+CCHSTART', '\r\nOK\r\n\r\n+CCHSTART: 0\r\n')
    bench.command('AT+CCHSSLCFG=0,0')
    bench.give('AT+CCERTDOWN="ca.pem",3', 'PEM', '\r\nOK\r\n', '\r\n>')
    bench.command('AT+CSSLCFG="cacert",0,"ca.pem"')
    bench.command('AT+CSSLCFG="authmode",0,1')
    bench.command(`AT+CCHOPEN=0,"${HOST}",${PORT},2`, '\r\nOK\r\n\r\n+CCHOPEN: 0,15\r\n')
    bench.command('AT+CSSLCFG="authmode",0,0')
    bench.command(`AT+CCHOPEN=0,"${HOST}",${PORT},2`, '\r\n+CCHOPEN: 0,0\r\n')
    expect(bench.give(`AT+CCHSEND=0,${NASTY.length}`, NASTY, '+CCHSEND: 0,0\r\n', '\r\n>')).toBe('\r\nOK\r\n\r\n+CCHSEND: 0,0\r\n')
    bench.run(500)
    expect(bench.served).toBe(NASTY)
    bench.connection!.send(NASTY)
    bench.expect('\r\n+CCHEVENT: 0,RECV EVENT\r\n')
    bench.command('AT+CCHRECV?', `\r\n+CCHRECV: LEN,${NASTY.length},0\r\n\r\nOK\r\n`)
    bench.type('AT+CCHRECV=0,1500\r\n')
    expect(bench.within(100)).toBe(`\r\nOK\r\n\r\n+CCHRECV: DATA,0,${NASTY.length}\r\n${NASTY}\r\n+CCHRECV: 0,0\r\n`)
    bench.connection!.fin()
    bench.expect('\r\n+CCH_PEER_CLOSED: 0\r\n')
  })
})
