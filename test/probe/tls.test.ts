/** The TLS handshake: what it shows, and each way in which it fails. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { causeOfCertificate, causeOfHandshake } from '../../tools/probe/tls.js'
import { startAedes } from '../support/aedes.js'
import { finAfter, http, resets, silent } from '../support/servers.js'
import { ask, evidence, outcome, pem, tlsServer, type TestServer } from './support.js'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Its port; it is stopped after the test. */
async function up(starting: Promise<TestServer>): Promise<number> {
  const { port, stop } = await starting
  stops.push(stop)
  return port
}

async function broker(name: string, options: Parameters<typeof tlsServer>[1] = {}): Promise<number> {
  const { aedes, stop } = await startAedes()
  const port = await up(tlsServer(name, options, (socket) => aedes.handle(socket)))
  stops.push(stop)
  return port
}

describe('probe of a TLS server', () => {
  it('shows version, suite, subject and end date, and goes on to the echoes [S0-02.3]', async () => {
    const port = await broker('good')
    const report = await ask(`mqtts://localhost:${port}`, { ca: pem('good') })
    expect(outcome(report)).toBe('none ok 0')
    expect(evidence(report, 'tls')).toMatch(/^TLSv1\.3, TLS_\w+; certificate of localhost, by localhost, prime256v1, from 2020-01-01 to 2120-01-01$/)
    expect(report.warnings).toEqual([])
    expect(outcome(await ask(`mqtts://127.0.0.1:${port}`, { ca: pem('good') }))).toBe('none ok 0')
  })

  it('says 31 tls-untrusted for a certificate that nobody vouches for [S0-02.3]', async () => {
    const port = await broker('good')
    const report = await ask(`mqtts://localhost:${port}`)
    expect(outcome(report)).toBe('tls tls-untrusted 31')
    expect(evidence(report, 'tls')).toContain('certificate of localhost')
  })

  it('says 32 tls-name for a certificate of another name, and takes --servername [S0-02.3]', async () => {
    const port = await broker('other')
    const report = await ask(`mqtts://localhost:${port}`, { ca: pem('other') })
    expect(outcome(report)).toBe('tls tls-name 32')
    expect(evidence(report, 'tls')).toContain('localhost is not in it (DNS:other.example)')
    expect(outcome(await ask(`mqtts://localhost:${port}`, { ca: pem('other'), servername: 'other.example' }))).toBe('none ok 0')
  })

  it('says 33 tls-expired and 34 tls-not-yet, with the dates and the clock [S0-02.3]', async () => {
    const expired = await ask(`mqtts://localhost:${await broker('expired')}`, { ca: pem('expired') })
    expect(outcome(expired)).toBe('tls tls-expired 33')
    expect(evidence(expired, 'tls')).toMatch(/to 2021-01-01; the clock of this PC says \d{4}-\d\d-\d\d$/)
    expect(outcome(await ask(`mqtts://localhost:${await broker('later')}`, { ca: pem('later') }))).toBe('tls tls-not-yet 34')
  })

  it('says 35 tls-no-common where no version or no suite is shared [S0-02.3]', async () => {
    const old = await up(tlsServer('good', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    expect(outcome(await ask(`mqtts://localhost:${old}`, { ca: pem('good') }))).toBe('tls tls-no-common 35')
    // Suites for RSA, and a key that is not.
    const other = await up(tlsServer('good', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }))
    expect(outcome(await ask(`mqtts://localhost:${other}`, { ca: pem('good') }))).toBe('tls tls-no-common 35')
  })

  it('says 30 tls-none for a web server without TLS, 36 for one that closes, 37 for one that waits [S0-02.3]', async () => {
    const web = createServer().listen(0, '127.0.0.1')
    await once(web, 'listening')
    stops.push(async () => {
      web.close()
      web.closeAllConnections()
    })
    expect(outcome(await ask(`mqtts://127.0.0.1:${(web.address() as net.AddressInfo).port}`))).toBe('tls tls-none 30')
    expect(outcome(await ask(`mqtts://127.0.0.1:${await up(http())}`))).toBe('tls tls-none 30')
    expect(outcome(await ask(`mqtts://127.0.0.1:${await up(finAfter(1))}`))).toBe('tls tls-closed 36')
    expect(outcome(await ask(`mqtts://127.0.0.1:${await up(resets('after-data'))}`))).toBe('tls tls-closed 36')
    const waits = await ask(`mqtts://127.0.0.1:${await up(silent())}`, { timeout: '800' })
    expect(outcome(waits)).toBe('tls tls-silent 37')
    expect(evidence(waits, 'tls')).toBe('the handshake did not end within 800 ms; 0 bytes came')
  })

  it('says 38 tls-client-certificate when the server wants one, whether it says so in the handshake or after it [S0-02.3]', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const port = await broker('good', { requestCert: true, rejectUnauthorized: true, ca: [], maxVersion })
      const report = await ask(`mqtts://localhost:${port}`, { ca: pem('good') })
      expect([maxVersion, report.verdict]).toEqual([maxVersion, 'tls-client-certificate'])
    }
  })

  it('goes on with --insecure, says what is wrong with the certificate and warns [S0-02.3]', async () => {
    const report = await ask(`mqtts://localhost:${await broker('expired')}`, { insecure: true })
    expect(outcome(report)).toBe('none ok 0')
    expect(evidence(report, 'tls')).toContain('NOT VERIFIED')
    expect(report.warnings.map(({ warning }) => warning)).toEqual(['not-verified'])
  })

  it('has a cause for every name of a failure, known or not', () => {
    expect(causeOfHandshake('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 7)).toBe('tls-no-common')
    expect(causeOfHandshake('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 900)).toBe('tls-client-certificate')
    expect(causeOfHandshake('ERR_SSL_SOMETHING_NEW', 900)).toBe('tls-failed')
    expect(causeOfCertificate('SELF_SIGNED_CERT_IN_CHAIN')).toBe('tls-untrusted')
  })
})
