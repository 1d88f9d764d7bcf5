/** From CONNECT on: what a server refuses, and how it refuses it. */
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startAedes } from '../support/aedes.js'
import { ScriptedBroker, type BrokerOptions } from '../support/broker.js'
import { finAfter, http, resets, sendsThenFin, silent } from '../support/servers.js'
import { until } from '../support/until.js'
import { ask, evidence, outcome, PASSWORD, tlsServer, type TestServer } from './support.js'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function up(starting: Promise<TestServer>): Promise<string> {
  const { port, stop } = await starting
  stops.push(stop)
  return `mqtt://127.0.0.1:${port}`
}

async function scripted(options: BrokerOptions = {}): Promise<{ url: string; broker: ScriptedBroker }> {
  const broker = new ScriptedBroker(options)
  return { url: await up(broker.serve()), broker }
}

describe('probe of a server', () => {
  it('shows each step with its time, and the round trips of both QoS, of a broker that works [S0-02.3]', async () => {
    const url = await up(startAedes())
    const report = await ask(url.replace('127.0.0.1', 'localhost'), { count: '3' })
    expect(outcome(report)).toBe('none ok 0')
    expect(report.steps.map(({ step, state }) => `${step} ${state}`)).toEqual(['address pass', 'dns pass', 'tcp pass', 'tls skip', 'connect pass', 'subscribe pass', 'echo-qos0 pass', 'echo-qos1 pass', 'disconnect pass'])
    for (const { state, ms } of report.steps) expect(ms === null).toBe(state === 'skip')
    expect(report.figures.echoes).toMatchObject([{ qos: 0, sent: 3, lost: 0 }, { qos: 1, sent: 3, lost: 0 }])
    for (const { p50, p95, max } of report.figures.echoes) {
      expect(p50).not.toBeNull()
      expect(p50).toBeLessThanOrEqual(p95!)
      expect(p95).toBeLessThanOrEqual(max!)
    }
    expect(report.figures.connectMs).not.toBeNull()
    expect(report.conclusion).toContain('look at the device')
  })

  it('works under 3.1 and 5.0, and leaves as a good client does', async () => {
    for (const protocol of ['3', '4', '5']) {
      const { url, broker } = await scripted()
      expect(outcome(await ask(url, { protocol, topic: 'mine/echo' }))).toBe('none ok 0')
      expect(broker.violations).toEqual([])
      // The command is done when DISCONNECT is on its way.
      await until(() => broker.packets.at(-1)?.cmd === 'disconnect', 5000, 'DISCONNECT')
      expect(broker.packets.map(({ cmd }) => cmd).filter((cmd) => cmd !== 'puback')).toEqual(['connect', 'subscribe', 'publish', 'publish', 'publish', 'publish', 'disconnect'])
      expect(broker.messages.map(({ topic }) => topic)).toEqual(Array(4).fill('mine/echo'))
      expect(broker.peers.find(({ connect }) => connect !== undefined)?.connect).toMatchObject({ username: 'meter', password: Buffer.from(PASSWORD) })
    }
  })

  it('takes user name and password from the URL, percent-decoded', async () => {
    const { url, broker } = await scripted()
    await ask(url.replace('://', '://meter:pass%3Aword%201@'), { username: undefined, password: undefined })
    expect(broker.peers.at(-1)?.connect).toMatchObject({ username: 'meter', password: Buffer.from('pass:word 1') })
  })

  it('says 43 connect-credentials for a wrong password [S0-02.3]', async () => {
    const { aedes, port, stop } = await startAedes()
    stops.push(stop)
    aedes.authenticate = (_client, _username, password, callback) => {
      if (password?.toString() === 'right') callback(null, true)
      else callback(Object.assign(new Error('no'), { returnCode: 4 }), null)
    }
    const report = await ask(`mqtt://127.0.0.1:${port}`)
    expect(outcome(report)).toBe('connect connect-credentials 43')
    expect(evidence(report, 'connect')).toBe('CONNACK 4 (wrong user name or password)')
    expect(outcome(await ask(`mqtt://127.0.0.1:${port}`, { password: 'right' }))).toBe('none ok 0')
  })

  it.each([
    ['4', 1, 'connect-version 40', 'CONNACK 1 (the server does not speak this protocol version)'], ['4', 2, 'connect-id 41', 'CONNACK 2 (the server does not accept this client id)'],
    ['4', 3, 'connect-unavailable 42', 'CONNACK 3 (the server is unavailable)'], ['4', 5, 'connect-not-authorized 44', 'CONNACK 5 (not authorized)'], ['4', 9, 'connect-refused 45', 'a CONNACK came that this version of MQTT does not have'],
    ['5', 0x84, 'connect-version 40', 'CONNACK 0x84 (unsupported protocol version)'], ['5', 0x85, 'connect-id 41', 'CONNACK 0x85 ('], ['5', 0x86, 'connect-credentials 43', 'CONNACK 0x86 ('],
    ['5', 0x87, 'connect-not-authorized 44', 'CONNACK 0x87 (not authorized)'], ['5', 0x89, 'connect-unavailable 42', 'CONNACK 0x89 (server busy)'], ['5', 0x97, 'connect-refused 45', 'CONNACK 0x97 (quota exceeded)']
  ])('under %s says CONNACK %i in words: %s [S0-02.3]', async (protocol, code, expected, words) => {
    const { url } = await scripted({ authorize: () => code })
    const report = await ask(url, { protocol })
    expect(outcome(report)).toBe(`connect ${expected}`)
    expect(evidence(report, 'connect')).toContain(words)
  })

  it('says 40 connect-version when a server of 3.1.1 is asked for 5.0 and answers in its own way [S0-02.3]', async () => {
    const report = await ask(await up(startAedes()), { protocol: '5' })
    expect(outcome(report)).toBe('connect connect-version 40')
  })

  it('tells no answer, a close, a web server and TLS from one another [S0-02.3]', async () => {
    const waits = await ask(await up(silent()), { timeout: '800' })
    expect(outcome(waits)).toBe('connect connect-silent 47')
    expect(evidence(waits, 'connect')).toBe('no CONNACK within 800 ms')
    expect(outcome(await ask(await up(finAfter(1))))).toBe('connect connect-closed 46')
    expect(outcome(await ask(await up(resets('after-data'))))).toBe('connect connect-closed 46')
    const web = await ask(await up(http()))
    expect(outcome(web)).toBe('connect connect-not-mqtt 48')
    expect(evidence(web, 'connect')).toContain('A web server begins like this')
    expect(web.warnings).toEqual([])
  })

  it('tries TLS on a port where plain MQTT failed, and says so when it works there [S0-02.3]', async () => {
    const report = await ask(await up(tlsServer('good')))
    expect(outcome(report)).toBe('connect connect-closed 46')
    expect(report.warnings).toMatchObject([{ warning: 'speaks-tls', evidence: expect.stringContaining('a TLS handshake works') as string }])
    // The alert with which OpenSSL answers what is no TLS, where the server sends it.
    const alerts = await ask(await up(sendsThenFin(Buffer.from('15030100020246', 'hex'))))
    expect(outcome(alerts)).toBe('connect connect-not-mqtt 48')
    expect(evidence(alerts, 'connect')).toContain('TLS begins like this')
  })

  it('says 60 for a subscription that is refused, 61 where the server closes over it [S0-02.3]', async () => {
    const { aedes, port, stop } = await startAedes()
    stops.push(stop)
    aedes.authorizeSubscribe = (_client, _subscription, callback) => callback(null, null)
    const refused = await ask(`mqtt://127.0.0.1:${port}`, { topic: 'secret/plan' })
    expect(outcome(refused)).toBe('subscribe subscribe-refused 60')
    expect(evidence(refused, 'subscribe')).toContain('"secret/plan"')
    const closing = await scripted()
    closing.broker.on('subscribe', (_packet, peer) => {
      peer.close()
      return true
    })
    expect(outcome(await ask(closing.url))).toBe('subscribe subscribe-closed 61')
  })

  it('says 70 for a message that is refused, 71 where the server closes over it [S0-02.3]', async () => {
    const refusing = await scripted()
    refusing.broker.on('publish', (packet, peer) => {
      if (packet.qos === 0) return false
      peer.puback(packet.messageId ?? 0, 0x87)
      return true
    })
    const refused = await ask(refusing.url, { protocol: '5' })
    expect(outcome(refused)).toBe('echo-qos1 echo-refused 70')
    expect(evidence(refused, 'echo-qos1')).toContain('0x87 (not authorized)')
    const { aedes, port, stop } = await startAedes()
    stops.push(stop)
    aedes.authorizePublish = (_client, _packet, callback) => callback(new Error('no'))
    expect(outcome(await ask(`mqtt://127.0.0.1:${port}`))).toBe('echo-qos0 echo-closed 71')
  })

  it('leaves the echoes with QoS 1 out where the server takes QoS 0 alone', async () => {
    const { url } = await scripted({ maximumQoS: 0, properties: { maximumQoS: 0 } })
    const report = await ask(url, { protocol: '5' })
    expect(outcome(report)).toBe('none ok 0')
    expect(evidence(report, 'echo-qos1')).toBe('the server takes no QoS 1')
  })

  it('does not print the password when the server repeats it in its reason', async () => {
    const { url, broker } = await scripted()
    broker.on('connect', (_packet, peer) => {
      peer.disconnect(0x87, { reasonString: `${PASSWORD} is wrong` })
      peer.close()
      return true
    })
    const report = await ask(url, { protocol: '5' })
    expect(report.verdict).toBe('connect-not-authorized')
    const late = await scripted()
    late.broker.on('subscribe', (_packet, peer) => {
      peer.disconnect(0x87, { reasonString: `${PASSWORD} may not\u001b[2J` })
      peer.close()
      return true
    })
    const told = await ask(late.url, { protocol: '5' })
    expect(evidence(told, 'subscribe')).toContain('*** may not?[2J')
  })

  it('finds a server that listens on IPv6 alone', async () => {
    const { aedes, stop } = await startAedes()
    stops.push(stop)
    const net = await import('node:net')
    const server = net.createServer((socket) => aedes.handle(socket))
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(0, '::1', () => resolve(true))
    })
    // A machine without IPv6 has nothing to be found.
    if (!listening) return
    const report = await ask(`mqtt://[::1]:${(server.address() as AddressInfo).port}`)
    server.close()
    expect(outcome(report)).toBe('none ok 0')
  })
})
