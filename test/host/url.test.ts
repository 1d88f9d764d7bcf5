import { describe, expect, test } from 'vitest'
import { bytes, parseUrl, toBuffer } from '../../hal/host/index.js'

describe('server URLs', () => {
  test.each([
    ['mqtt://broker.example', { host: 'broker.example', port: 1883 }],
    ['tcp://broker.example', { host: 'broker.example', port: 1883 }],
    ['MQTT://broker.example:1884', { host: 'broker.example', port: 1884 }],
    ['mqtt://broker.example/', { host: 'broker.example', port: 1883 }],
    ['mqtt://192.0.2.7:1884', { host: '192.0.2.7', port: 1884 }],
    ['mqtt://[::1]', { host: '::1', port: 1883 }],
    ['mqtt://[2001:db8::7]:1884', { host: '2001:db8::7', port: 1884 }],
    ['mqtts://broker.example', { host: 'broker.example', port: 8883, tls: {} }],
    ['ssl://broker.example:443', { host: 'broker.example', port: 443, tls: {} }],
    ['tls://[::1]', { host: '::1', port: 8883, tls: {} }],
    ['ws://broker.example/mqtt', { host: 'broker.example', port: 80, path: '/mqtt' }],
    ['wss://broker.example:8084/mqtt?v=1', { host: 'broker.example', port: 8084, path: '/mqtt?v=1', tls: {} }]
  ])('[S2-01] %s names its endpoint', (url, endpoint) => {
    expect(parseUrl(url)).toEqual({ endpoint })
  })

  test('[S2-01] user name and password are percent-decoded, and the password is bytes', () => {
    expect(parseUrl('mqtt://anna:pw@h:1884')).toEqual({ endpoint: { host: 'h', port: 1884 }, username: 'anna', password: 'pw' })
    expect(parseUrl('mqtt://a%40b:p%3Aq%2F%C3%A9%25@h')).toMatchObject({ username: 'a@b', password: 'p:q/\xc3\xa9%' })
    expect(parseUrl('mqtt://anna@h')).toEqual({ endpoint: { host: 'h', port: 1883 }, username: 'anna' })
    expect(parseUrl('mqtt://:pw@h')).toEqual({ endpoint: { host: 'h', port: 1883 }, password: 'pw' })
  })

  test.each([
    ['', 'has no scheme'],
    ['broker.example', 'write mqtt://broker.example'],
    ['broker.example:1883', 'write mqtt://broker.example:1883'],
    ['http://broker.example', 'has the scheme http://'],
    ['mqtt://', 'names no host'],
    ['mqtt://:1883', 'malformed'],
    ['mqtt://h:0', 'port 0'],
    ['mqtt://h:65536', 'malformed'],
    ['mqtt://h:port', 'malformed'],
    ['mqtt://h:-1', 'malformed'],
    ['mqtt://[::1', 'malformed'],
    ['mqtt://a b', 'malformed'],
    ['mqtt://h%2Fx', 'characters that no host name has'],
    ['mqtt://h/topic', 'has a path'],
    ['mqtt://h?x=1', 'has a query'],
    ['mqtt://h#x', 'has a fragment'],
    ['mqtt://u%zz@h', 'bad percent escape']
  ])('[S2-01] %j is refused, and the error says why', (url, why) => {
    expect(() => parseUrl(url)).toThrow(why)
  })

  test('[S0-05] the error for a bad URL does not show the password', () => {
    let message = ''
    try {
      parseUrl('mqtt://anna:s3cr@et@h:99999')
    } catch (error) {
      message = String(error)
    }
    expect(message).toContain('anna:***@h')
    expect(message).not.toContain('s3cr')
  })
})

describe('bytes on Node', () => {
  test('text becomes UTF-8, an array its bytes, and both come back as a Buffer', () => {
    expect(bytes('21.5 \u00b0C')).toBe('21.5 \xc2\xb0C')
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect(bytes(all)).toHaveLength(256)
    expect(bytes(all.subarray(200, 202))).toBe('\xc8\xc9')
    expect([...toBuffer(bytes(all))]).toEqual([...all])
  })
})
