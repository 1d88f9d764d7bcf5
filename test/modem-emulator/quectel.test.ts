import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { Bench, HOST, NASTY, PORT } from './bench.js'

function up(options: Partial<ModemOptions> = {}, server: { tls?: 'ok' | 'untrusted' } = {}): Bench {
  const bench = new Bench({ family: 'ec2x', ...options }, server)
  bench.command('ATE0')
  bench.command('AT+QICSGP=1,1,"cmnet","","",0')
  bench.command('AT+QIACT=1')
  return bench
}

describe.each(['ec2x', 'bg9x'] as const)('%s TCP', (family) => {
  it('carries every byte value both ways, announces once, and waits for QICLOSE', () => {
    const bench = up({ family })
    expect(bench.command(`AT+QIOPEN=1,0,"TCP","${HOST}",${PORT},0,0`, '+QIOPEN: 0,0\r\n')).toBe('\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n')
    expect(bench.give(`AT+QISEND=0,${NASTY.length}`, NASTY, 'SEND OK\r\n')).toBe('\r\nSEND OK\r\n')
    bench.run(500)
    expect(bench.served).toBe(NASTY)
    bench.command('AT+QISEND=0,0', `\r\n+QISEND: ${NASTY.length},${NASTY.length},0\r\n\r\nOK\r\n`)
    bench.connection!.send(NASTY)
    bench.expect('\r\n+QIURC: "recv",0\r\n')
    bench.command('AT+QIRD=0,0', `\r\n+QIRD: ${NASTY.length},0,${NASTY.length}\r\n\r\nOK\r\n`)
    bench.type('AT+QIRD=0,10\r\n')
    expect(bench.within(100)).toBe(`\r\n+QIRD: 10\r\n${NASTY.substring(0, 10)}\r\n\r\nOK\r\n`)
    bench.connection!.send('more' as Bytes)
    expect(bench.within(200)).toBe('')
    bench.type('AT+QIRD=0,1500\r\n')
    expect(bench.within(100)).toBe(`\r\n+QIRD: ${NASTY.length - 6}\r\n${NASTY.substring(10)}more\r\n\r\nOK\r\n`)
    bench.command('AT+QIRD=0,1500', '\r\n+QIRD: 0\r\n\r\nOK\r\n')
    bench.connection!.fin()
    bench.expect('\r\n+QIURC: "closed",0\r\n')
    bench.command(`AT+QIOPEN=1,0,"TCP","${HOST}",${PORT},0,0`, '\r\n+QIOPEN: 0,563\r\n')
    bench.command('AT+QICLOSE=0')
    bench.command(`AT+QIOPEN=1,0,"TCP","${HOST}",${PORT},0,0`, '\r\n+QIOPEN: 0,0\r\n')
  })
})

describe('Quectel', () => {
  it('pushes data in access mode 1', () => {
    const bench = up()
    bench.command(`AT+QIOPEN=1,2,"TCP","${HOST}",${PORT},0,1`, '+QIOPEN: 2,0\r\n')
    bench.connection!.send('abc' as Bytes)
    expect(bench.within(200)).toBe('\r\n+QIURC: "recv",2,3\r\nabc\r\n')
    bench.command('AT+QIRD=2,10', '\r\nERROR\r\n')
  })

  it('tells why a link could not be opened', () => {
    const bench = up()
    bench.command('AT+QIOPEN=1,0,"TCP","nobody.test",1,0,0', '\r\n+QIOPEN: 0,565\r\n')
    bench.command('AT+QIGETERROR', '\r\n+QIGETERROR: 565,DNS parse failed\r\n')
    bench.command(`AT+QIOPEN=1,0,"TCP","${HOST}",9,0,0`, '\r\n+QIOPEN: 0,566\r\n')
    bench.command('AT+QIDEACT=1')
    bench.command(`AT+QIOPEN=1,0,"TCP","${HOST}",${PORT},0,0`, '\r\n+QIOPEN: 0,571\r\n')
  })

  it('says SEND FAIL when its buffer is full', () => {
    const bench = up()
    bench.command(`AT+QIOPEN=1,0,"TCP","${HOST}",${PORT},0,0`, '+QIOPEN: 0,0\r\n')
    bench.sim.network.partition('both')
    let sent = 0
    for (; sent < 20; sent++) if (bench.give('AT+QISEND=0,1460', 'x'.repeat(1460), '\r\n').length > 0 && bench.expect('\r\n').includes('FAIL')) break
    expect(sent).toBeGreaterThan(3)
    expect(sent).toBeLessThan(20)
  })

  it('reports the loss of the context, and QIACT brings it back', () => {
    const bench = up()
    bench.modem.losePdp()
    bench.expect('\r\n+QIURC: "pdpdeact",1\r\n')
    bench.command('AT+QIDEACT=1')
    bench.command('AT+QIACT=1')
    bench.command('AT+QIACT?', '\r\n+QIACT: 1,1,1,"10.64.12.34"\r\n')
    bench.modem.radio.apnAccepted = false
    bench.command('AT+QIDEACT=1')
    bench.command('AT+QIACT=1', '\r\nERROR\r\n')
  })

  it('carries TLS with an uploaded certificate', () => {
    const bench = up({}, { tls: 'ok' })
    bench.give('AT+QFUPL="UFS:ca.pem",4,5', 'ABCD', '\r\n+QFUPL: 4,206\r\n\r\nOK\r\n', '\r\nCONNECT\r\n')
    bench.command('AT+QSSLCFG="cacert",1,"UFS:ca.pem"')
    bench.command('AT+QSSLCFG="seclevel",1,1')
    bench.command(`AT+QSSLOPEN=1,1,4,"${HOST}",${PORT},0`, '\r\nOK\r\n\r\n+QSSLOPEN: 4,0\r\n')
    bench.give('AT+QSSLSEND=4,3', 'abc', '\r\nSEND OK\r\n')
    bench.run(200)
    expect(bench.served).toBe('abc')
    bench.connection!.send('xyz' as Bytes)
    bench.expect('\r\n+QSSLURC: "recv",4\r\n')
    bench.command('AT+QSSLRECV=4,1500', '\r\n+QSSLRECV: 3\r\nxyz\r\n\r\nOK\r\n')
    bench.connection!.fin()
    bench.expect('\r\n+QSSLURC: "closed",4\r\n')
    bench.command('AT+QSSLCLOSE=4')
  })
})
