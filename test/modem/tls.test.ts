/** TLS in the module: the certificates it is given, how it is told to check, and that nothing less is done in silence. */
import { describe, expect, it } from 'vitest'
import { air724, air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Family } from '../../hal/at/family.js'
import { bg9x, ec2x } from '../../hal/at/quectel.js'
import { sim800 } from '../../hal/at/sim800.js'
import { a7670, sim7600 } from '../../hal/at/simcom.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket, type TlsOptions } from '../../hal/hal.js'
import { HOUR, MINUTE, modemRig, NASTY, SECOND, type Rig, type RigOptions } from './rig.js'

/** Line ends, quotes and what looks like an answer: it is passed on byte by byte. */
const CA = '-----BEGIN CERTIFICATE-----\r\nMIIB"\r\nOK\r\n>\x1a\x1b\0\xff\r\n-----END CERTIFICATE-----\r\n'
const CERT = '-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n'

function secure(options: RigOptions = {}, server: 'ok' | 'untrusted' | 'fails' = 'ok'): Rig {
  return modemRig({ ...options, broker: { port: 8883, listen: { tls: server } } })
}

function endpoint(r: Rig, tls: 'one' | 'both' | 'none' | TlsOptions): Endpoint {
  const made: TlsOptions = tls === 'one' ? { ca: r.bytes(CA) } : tls === 'both' ? { ca: r.bytes(CA), cert: r.bytes(CERT), key: r.bytes(KEY) } : tls === 'none' ? { insecureNoVerify: true } : tls
  return { host: 'broker', port: 8883, tls: made }
}

function settled(r: Rig, socket: Socket): number {
  r.until(() => socket.status() !== SocketStatus.Opening, 5 * MINUTE, 'the link')
  return socket.status()
}

/** Everything that the host sent for the first link, until it was open. */
function transcript(family: Family, tls: 'one' | 'both' | 'none'): string {
  const r = secure({ family })
  r.ready()
  r.forget()
  expect(settled(r, r.hal.socket.open(endpoint(r, tls)))).toBe(SocketStatus.Open)
  return r.bytesOut()
}

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('')

const AIR_END = lines('AT+CDNSGIP="broker"', 'AT+CIPSTART=0,"TCP","203.0.113.2",8883')
const AIR_START = lines('AT+CIPSSL=1', 'AT+SSLCFG="sslversion",0,3', 'AT+SSLCFG="ciphersuite",0,0XFFFF')

describe('Air780, byte by byte', () => {
  it('[S0-09] [S0-13] checks the server: the certificate, seclevel 1, the clock, the name', () => {
    expect(transcript(air780, 'one')).toBe(
      `AT+FSCREATE="ca.crt"\r\nAT+FSWRITE="ca.crt",0,${CA.length},15\r\n${CA}` + AIR_START +
      lines('AT+SSLCFG="cacert",0,"ca.crt"', 'AT+SSLCFG="seclevel",0,1', 'AT+SSLCFG="ignorelocaltime",0,0', 'AT+SSLCFG="hostname",0,"broker"') + AIR_END)
  })

  it('[S0-09] [S0-13] checks both ways: three files, seclevel 2', () => {
    expect(transcript(air780, 'both')).toBe(
      `AT+FSCREATE="ca.crt"\r\nAT+FSWRITE="ca.crt",0,${CA.length},15\r\n${CA}` +
      `AT+FSCREATE="client.crt"\r\nAT+FSWRITE="client.crt",0,${CERT.length},15\r\n${CERT}` +
      `AT+FSCREATE="client.key"\r\nAT+FSWRITE="client.key",0,${KEY.length},15\r\n${KEY}` + AIR_START +
      lines('AT+SSLCFG="cacert",0,"ca.crt"', 'AT+SSLCFG="clientcert",0,"client.crt"', 'AT+SSLCFG="clientkey",0,"client.key"',
        'AT+SSLCFG="seclevel",0,2', 'AT+SSLCFG="ignorelocaltime",0,0', 'AT+SSLCFG="hostname",0,"broker"') + AIR_END)
  })

  it('[S0-09] [S0-13] checks nothing where that is written out, and only there: seclevel 0', () => {
    expect(transcript(air780, 'none')).toBe(AIR_START + lines('AT+SSLCFG="seclevel",0,0', 'AT+SSLCFG="ignorelocaltime",0,1', 'AT+SSLCFG="hostname",0,"broker"') + AIR_END)
    expect(transcript(air780, 'one')).not.toContain('"seclevel",0,0')
  })

  it('[S0-09] the name to be checked is the program\'s where it has one', () => {
    const r = secure()
    r.ready()
    r.forget()
    settled(r, r.hal.socket.open(endpoint(r, { ca: r.bytes(CA), servername: 'mqtt.example' })))
    expect(r.sent()).toContain('AT+SSLCFG="hostname",0,"mqtt.example"')
  })
})

const MAKERS: [string, Family, string, string][] = [
  ['SIM7600', sim7600, 'AT+CSSLCFG="authmode",0,1', `AT+CCERTDOWN="ca.pem",${CA.length}\r\n${CA}`],
  ['A7670', a7670, 'AT+CSSLCFG="authmode",0,1', `AT+CCERTDOWN="ca.pem",${CA.length}\r\n${CA}`],
  ['EC2x', ec2x, 'AT+QSSLCFG="seclevel",0,1', `AT+QFUPL="ca.pem",${CA.length},60\r\n${CA}`],
  ['BG9x', bg9x, 'AT+QSSLCFG="seclevel",0,1', `AT+QFUPL="ca.pem",${CA.length},60\r\n${CA}`]
]

describe.each(MAKERS)('%s', (_name, family, level, upload) => {
  it('[S0-09] [S0-13] gives the certificates and the level before the link', () => {
    const one = transcript(family, 'one')
    expect(one).toContain(upload)
    expect(one).toContain(`${level}\r\n`)
    expect(one.indexOf(upload)).toBeLessThan(one.indexOf(level))
    const both = transcript(family, 'both')
    expect(both).toContain(`${level.slice(0, -1)}2\r\n`)
    for (const file of [CA, CERT, KEY]) expect(both).toContain(`\r\n${file}AT+`)
    const none = transcript(family, 'none')
    expect(none).toContain(`${level.slice(0, -1)}0\r\n`)
    for (const text of [one, both]) expect(text).not.toContain(`${level.slice(0, -1)}0\r\n`)
  })
})

const VERIFYING: [string, Family][] = [['air724', air724], ['air780', air780], ['sim7600', sim7600], ['a7670', a7670], ['ec2x', ec2x], ['bg9x', bg9x]]

describe.each(VERIFYING)('%s', (_name, family) => {
  it.each(['one', 'both', 'none'] as const)('[S0-09] carries all bytes both ways over TLS, check: %s', (tls) => {
    const r = secure({ family, modem: { faults: { chunks: 'random' } } })
    const c = r.client({ servers: [endpoint(r, tls)], limits: { packetIn: 4000 } })
    c.up()
    c.client.subscribe('down', 1)
    r.run(SECOND)
    const token = c.client.publish('up', r.bytes(NASTY), 1)
    r.broker.publish('down', r.bytes(NASTY.repeat(4)), 1)
    r.run(20 * SECOND)
    expect(c.got.receipt(token)?.outcome).toBe('delivered')
    expect(r.broker.oracle.taken.items.map((one) => one.payload)).toEqual([NASTY])
    expect(c.got.payloads('down')).toEqual([NASTY.repeat(4)])
    r.broker.check()
  })

  it('[S0-09] a server whose certificate is not accepted gets no link, unless the program gave up checking', () => {
    const open = (tls: 'one' | 'none'): number => {
      const r = secure({ family }, 'untrusted')
      return settled(r, r.hal.socket.open(endpoint(r, tls)))
    }
    expect(open('one')).toBeLessThan(0)
    expect(open('none')).toBe(SocketStatus.Open)
  })

  it('[S0-13] gives the certificates once in a life of the module, and again after RDY', () => {
    const r = secure({ family })
    const c = r.client({ servers: [endpoint(r, 'both')] })
    const uploads = (): number => r.sent().filter((line) => /FSWRITE|CCERTDOWN|QFUPL/.test(line)).length
    c.up()
    expect(uploads()).toBe(3)
    r.broker.kick('a', 'fin')
    r.run(MINUTE)
    r.modem.losePdp()
    r.run(2 * MINUTE)
    expect([c.got.state, uploads()]).toEqual(['up', 3])
    r.modem.reboot()
    r.run(2 * MINUTE)
    expect([c.got.state, uploads()]).toEqual(['up', 6])
  })

  it('[S0-09] another program\'s certificates are given before its link', () => {
    const r = secure({ family })
    const first = r.hal.socket.open(endpoint(r, 'one'))
    settled(r, first)
    first.close()
    r.run(SECOND)
    r.forget()
    settled(r, r.hal.socket.open(endpoint(r, { ca: r.bytes(CERT) })))
    expect(r.bytesOut()).toContain(`\r\n${CERT}AT+`)
  })

  it.each([
    ['no certificate to check with', {}],
    ['an empty certificate', { ca: '' }],
    ['a certificate of our own alone', { cert: CERT, key: KEY }],
    ['insecureNoVerify that is false', { insecureNoVerify: false }],
    ['ALPN, which the module has not', { ca: CA, alpn: 'mqtt' }]
  ])('[S0-09] refuses %s: Unsupported, and nothing is sent', (_what, tls) => {
    const r = secure({ family })
    r.ready()
    r.forget()
    expect(r.hal.socket.open(endpoint(r, tls as unknown as TlsOptions)).status()).toBe(LinkCode.Unsupported)
    r.run(10 * SECOND)
    expect(r.bytesOut()).toBe('')
  })
})

describe.each([['sim800', sim800], ['esp', esp]] as const)('%s', (_name, family) => {
  it.each(['one', 'both'] as const)('[S0-09] cannot check a server: Unsupported, and nothing is sent (%s)', (tls) => {
    const r = secure({ family })
    r.ready()
    r.forget()
    expect(r.hal.socket.open(endpoint(r, tls)).status()).toBe(LinkCode.Unsupported)
    r.run(10 * SECOND)
    expect(r.bytesOut()).toBe('')
  })

  it('[S0-09] encrypts without a check where that is written out', () => {
    const r = secure({ family }, 'untrusted')
    const c = r.client({ servers: [endpoint(r, 'none')] })
    c.up()
    const token = c.client.publish('up', r.bytes(NASTY), 1)
    r.run(10 * SECOND)
    expect(c.got.receipt(token)?.outcome).toBe('delivered')
  })
})

it.each([sim7600, ec2x].map((family) => [family.name, family] as const))('[S0-09] a name other than the host\'s, where the module can check no other, is Unsupported and not left out: %s', (_name, family) => {
  const r = secure({ family })
  r.ready()
  r.forget()
  expect(r.hal.socket.open(endpoint(r, { ca: r.bytes(CA), servername: 'mqtt.example' })).status()).toBe(LinkCode.Unsupported)
  expect(r.bytesOut()).toBe('')
  expect(settled(r, r.hal.socket.open(endpoint(r, { ca: r.bytes(CA), servername: 'broker' })))).toBe(SocketStatus.Open)
})

it('[S0-09] ESP-AT is told the name of the program', () => {
  const r = secure({ family: esp })
  settled(r, r.hal.socket.open(endpoint(r, { insecureNoVerify: true, servername: 'mqtt.example' })))
  expect(r.sent()).toContain('AT+CIPSSLCSNI=0,"mqtt.example"')
  expect(r.sent()).toContain('AT+CIPSSLCCONF=0,0')
})

it('[S0-09] a certificate that the module does not take: TlsFailed, and it is given again with the next link', () => {
  let takes = false
  const r = secure({ modem: { tables: [[{ name: '+FSWRITE', run: (modem, call) => {
    if (!takes) call.cme(3)
    else call.prompt({ length: call.number(2), done: (bytes) => {
      modem.files.set(call.text(0), bytes)
      call.ok()
    } })
  } }]] } })
  expect(settled(r, r.hal.socket.open(endpoint(r, 'one')))).toBe(LinkCode.TlsFailed)
  expect(r.sent().filter((line) => line.startsWith('AT+CIPSTART'))).toEqual([])
  takes = true
  expect(settled(r, r.hal.socket.open(endpoint(r, 'one')))).toBe(SocketStatus.Open)
})

it('[S0-09] plain links beside TLS links stay plain', () => {
  const r = secure()
  r.sim.network.listen('plain', 1883, () => {})
  settled(r, r.hal.socket.open(endpoint(r, 'one')))
  r.forget()
  settled(r, r.hal.socket.open({ host: 'plain', port: 1883 }))
  expect(r.sent()[0]).toBe('AT+CIPSSL=0')
  r.run(HOUR)
})

/** What each link of the module was opened with: host, and the certificate it is checked with. */
function opened(r: Rig): string[] {
  return r.modem.modem.links.filter((link) => link.state === 'open').map(({ endpoint: { host, tls } }) => `${host} ${tls === undefined ? 'plain' : tls.insecureNoVerify === true ? 'unchecked' : tls.ca === CA ? 'CA' : 'other'}`).sort()
}

describe('links that are opened at once', () => {
  it.each([...VERIFYING, ['sim800', sim800], ['esp', esp]] as [string, Family][])('[S0-09] get each what was asked for it: TLS none of it less, and plain none of it more, %s', (_name, family) => {
    const r = modemRig({ family })
    for (const host of ['a.example', 'b.example', 'c.example']) r.sim.network.listen(host, 8883, () => {}, { tls: 'ok' })
    const checks = VERIFYING.some(([, one]) => one === family)
    const at = (host: string, tls?: TlsOptions): Socket => r.hal.socket.open({ host, port: 8883, ...tls === undefined ? {} : { tls } })
    const sockets = [
      at('a.example', checks ? { ca: r.bytes(CA) } : { insecureNoVerify: true }), at('b.example'), at('c.example', checks ? { ca: r.bytes(CERT) } : { insecureNoVerify: true })]
    r.until(() => sockets.every((socket) => socket.status() !== SocketStatus.Opening), 5 * MINUTE, 'the links')
    expect(sockets.map((socket) => socket.status())).toEqual([SocketStatus.Open, SocketStatus.Open, SocketStatus.Open])
    const tls = opened(r).map((line) => line.replace(/203\.0\.113\.\d+/, 'host').replace(/^[abc]\.example/, 'host')).sort()
    expect(tls).toEqual(checks ? ['host CA', 'host other', 'host plain'] : ['host plain', 'host unchecked', 'host unchecked'])
  })

  it.each(['AT+CIPSSL=1', 'AT+SSLCFG="seclevel"', 'AT+SSLCFG="hostname"', 'AT+CDNSGIP'])('[S0-09] [S0-13] a restart after %s: the link that waited is TLS all the same', (mark) => {
    for (const family of [air724, air780]) {
      const r = secure({ family })
      const socket = r.hal.socket.open(endpoint(r, 'one'))
      r.until(() => r.sent().some((line) => line.startsWith(mark)), MINUTE, mark)
      r.modem.reboot()
      r.until(() => socket.status() !== SocketStatus.Opening, 3 * MINUTE, 'the link')
      expect([socket.status(), ...opened(r)].map((one) => `${one}`.replace(/^203\.0\.113\.\d+/, 'host'))).toEqual(['1', 'broker CA'])
    }
  })
})
