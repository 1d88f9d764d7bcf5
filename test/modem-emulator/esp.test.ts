import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { Bench, HOST, NASTY, PORT } from './bench.js'

function up(options: Partial<ModemOptions> = {}, server: { tls?: 'ok' | 'untrusted' } = {}): Bench {
  const bench = new Bench({ family: 'esp', ...options }, server)
  bench.command('ATE0')
  bench.command('AT+CWMODE=1')
  expect(bench.command('AT+CWJAP="home","secret"')).toBe('WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n')
  return bench
}

describe('ESP-AT', () => {
  it('carries every byte value both ways, and withholds CLOSED until all was fetched', () => {
    const bench = up()
    bench.command('AT+CIPRECVTYPE=1')
    expect(bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT},60`)).toBe('CONNECT\r\n\r\nOK\r\n')
    bench.command(`AT+CIPSEND=${NASTY.length}`, '\r\nOK\r\n\r\n>')
    bench.type(NASTY)
    expect(bench.expect('SEND OK\r\n')).toBe(`\r\nRecv ${NASTY.length} bytes\r\n\r\nSEND OK\r\n`)
    bench.run(500)
    expect(bench.served).toBe(NASTY)
    bench.connection!.send(NASTY)
    expect(bench.expect(`+IPD,${NASTY.length}\r\n`)).toBe(`\r\n+IPD,${NASTY.length}\r\n`)
    bench.connection!.fin()
    expect(bench.within(500)).toBe('')
    bench.type('AT+CIPRECVDATA=10\r\n')
    expect(bench.within(100)).toBe(`+CIPRECVDATA:10,${NASTY.substring(0, 10)}\r\nOK\r\n`)
    bench.type('AT+CIPRECVDATA=2000\r\n')
    expect(bench.within(100)).toBe(`+CIPRECVDATA:${NASTY.length - 10},${NASTY.substring(10)}\r\nOK\r\nCLOSED\r\n`)
    bench.command('AT+CIPRECVDATA=10', '\r\nERROR\r\n')
  })

  it('numbers its links with CIPMUX=1, and pushes in active mode', () => {
    const bench = up()
    bench.command('AT+CIPMUX=1')
    expect(bench.command(`AT+CIPSTART=2,"TCP","${HOST}",${PORT}`)).toBe('2,CONNECT\r\n\r\nOK\r\n')
    bench.command(`AT+CIPSTART=2,"TCP","${HOST}",${PORT}`, 'ALREADY CONNECTED\r\n\r\nERROR\r\n')
    bench.connection!.send('abc' as Bytes)
    expect(bench.within(500)).toBe('\r\n+IPD,2,3:abc')
    bench.connection!.fin()
    bench.expect('2,CLOSED\r\n')
  })

  it('answers a command that comes too early with busy p..., and reads lines to their CR LF', () => {
    const bench = up()
    bench.sim.network.name(HOST, 'ok', 2000)
    bench.type(`AT+CIPSTART="TCP","${HOST}",${PORT}\r\n`)
    bench.run(200)
    bench.type('AT\r\n')
    expect(bench.within(100)).toBe('\r\nbusy p...\r\n')
    bench.expect('CONNECT\r\n\r\nOK\r\n')
    bench.type('AT\r')
    expect(bench.within(500)).toBe('')
    bench.type('\n')
    bench.expect('\r\nOK\r\n')
  })

  it('tells why it could not join or open', () => {
    const bench = new Bench({ family: 'esp', radio: { wifi: 'wrong-password' } })
    bench.command('ATE0')
    bench.command('AT+CWMODE=1')
    bench.command('AT+CWJAP="home","x"', '+CWJAP:2\r\n\r\nERROR\r\n')
    bench.command('AT+CWJAP="other","x"', '+CWJAP:3\r\n\r\nERROR\r\n')
    bench.modem.radio.wifi = 'ok'
    bench.command('AT+CWJAP="home","x"')
    bench.command('AT+CIPSTART="TCP","nobody.test",1', 'DNS Fail\r\n\r\nERROR\r\n')
    bench.command('AT+SYSLOG=1')
    bench.command('AT+CIPSTART="TCP","nobody.test",99999', 'ERR CODE:0x010b0000\r\n\r\nERROR\r\n')
  })

  it('loses its access point and finds it again; after a reset it joins by itself', () => {
    const bench = up()
    bench.modem.losePdp()
    bench.expect('WIFI DISCONNECT\r\n')
    bench.expect('WIFI CONNECTED\r\nWIFI GOT IP\r\n')
    bench.command('AT+RST')
    bench.expect('\r\nready\r\n')
    bench.expect('WIFI CONNECTED\r\nWIFI GOT IP\r\n')
  })

  it('has the older commands where it is old', () => {
    const bench = up({ quirks: { oldEsp: true } })
    bench.command('AT+CIPRECVTYPE=1', 'ERROR\r\n')
    bench.command('AT+CIPRECVMODE=1')
    bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`)
    bench.command('AT+CIPSEND=4000', 'ERROR\r\n')
    bench.connection!.send('abc' as Bytes)
    bench.expect('+IPD,3\r\n')
    bench.command('AT+CIPRECVDATA=3', '+CIPRECVDATA,3:abc\r\nOK\r\n')
  })

  it('opens TLS with a certificate of its own, and tells the time', () => {
    const bench = up({}, { tls: 'untrusted' })
    bench.give('AT+SYSMFG=2,"client_ca","client_ca.0",8,3', 'PEM', '\r\nOK\r\n', '\r\n>')
    bench.command('AT+CIPSSLCCONF=2,0,0')
    bench.command(`AT+CIPSTART="SSL","${HOST}",${PORT}`, 'CLOSED\r\n\r\nERROR\r\n')
    bench.command('AT+CIPSSLCCONF=0')
    bench.command(`AT+CIPSTART="SSL","${HOST}",${PORT}`, 'CONNECT\r\n\r\nOK\r\n')
    bench.command('AT+CIPSNTPTIME?', '+CIPSNTPTIME:Thu Jan 01 00:00:00 1970\r\n')
    bench.sim.device.system.wallClockAtStart = 1735787045
    bench.command('AT+CIPSNTPCFG=1,8,"ntp.test"')
    bench.expect('+TIME_UPDATED\r\n')
    expect(bench.command('AT+CIPSNTPTIME?')).toMatch(/^\+CIPSNTPTIME:Thu Jan 02 11:04:\d\d 2025\r\n/)
  })

  it('refuses a line that is too long, and understands the next one', () => {
    const bench = up()
    for (const length of [255, 256, 257, 258, 400]) {
      bench.command(`AT+${'X'.repeat(length - 3)}`, '\r\nERROR\r\n')
      bench.command('AT')
    }
  })
})
