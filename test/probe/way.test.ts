/** DNS and TCP: each fault of the way to the server has its own cause and exit status. */
import { afterEach, describe, expect, it } from 'vitest'
import { causeOfTcp } from '../../tools/probe/tcp.js'
import { startAedes } from '../support/aedes.js'
import { freePort } from '../support/ports.js'
import { ask, droppingPort, evidence, outcome } from './support.js'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

describe('probe on the way to a server', () => {
  it('says 10 dns-unknown for a host that has no address [S0-02.3]', async () => {
    // No label has more than 63 characters, so no resolver is asked.
    const host = `${'a'.repeat(64)}.test`
    const report = await ask(`mqtt://${host}`)
    expect(outcome(report)).toBe('dns dns-unknown 10')
    expect(evidence(report, 'dns')).toBe(`${host}: ENOTFOUND`)
    expect(report.steps.filter(({ state }) => state === 'skip').map(({ step }) => step)).toEqual(['tcp', 'tls', 'connect', 'subscribe', 'echo-qos0', 'echo-qos1', 'disconnect'])
  })

  it('tells a resolver that fails and one that is silent from a name without an address [S0-02.3]', async () => {
    const failing = await ask('mqtt://broker.example', {}, { lookup: () => Promise.reject(Object.assign(new Error('again'), { code: 'EAI_AGAIN' })) })
    expect(outcome(failing)).toBe('dns dns-failed 11')
    const silent = await ask('mqtt://broker.example', { timeout: '100' }, { lookup: () => new Promise(() => {}) })
    expect(outcome(silent)).toBe('dns dns-silent 12')
    expect(evidence(silent, 'dns')).toContain('within 100 ms')
    const empty = await ask('mqtt://broker.example', {}, { lookup: () => Promise.resolve([]) })
    expect(outcome(empty)).toBe('dns dns-unknown 10')
  })

  it('says 20 tcp-refused for a closed port [S0-02.3]', async () => {
    const port = await freePort()
    const report = await ask(`mqtt://127.0.0.1:${port}`)
    expect(outcome(report)).toBe('tcp tcp-refused 20')
    expect(evidence(report, 'tcp')).toContain(`127.0.0.1:${port} is refused (ECONNREFUSED`)
  })

  it('says 21 tcp-silent for a port that drops what comes [S0-02.3]', async () => {
    const { port, stop } = await droppingPort()
    stops.push(stop)
    const report = await ask(`mqtt://127.0.0.1:${port}`, { timeout: '300' })
    expect(outcome(report)).toBe('tcp tcp-silent 21')
    expect(evidence(report, 'tcp')).toContain('silent (no answer')
  })

  it('says 22 tcp-unreachable where there is no route [S0-02.3]', async () => {
    // TCP has no multicast: the kernel refuses by itself and sends nothing.
    expect(outcome(await ask('mqtt://224.0.0.1'))).toBe('tcp tcp-unreachable 22')
    expect(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'].map(causeOfTcp)).toEqual(Array(4).fill('tcp-unreachable'))
    expect(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'].map(causeOfTcp)).toEqual(['tcp-refused', 'tcp-refused', 'tcp-silent'])
  })

  it('shows all addresses of a name, goes on to the next when one is dead, and warns of the dead one', async () => {
    const { port, stop } = await startAedes()
    stops.push(stop)
    // aedes listens on 127.0.0.1 alone.
    const lookup = () => Promise.resolve([{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }])
    const report = await ask(`mqtt://broker.example:${port}`, {}, { lookup })
    expect(outcome(report)).toBe('none ok 0')
    expect(evidence(report, 'dns')).toBe('broker.example is ::1, 127.0.0.1')
    expect(evidence(report, 'tcp')).toMatch(new RegExp(`^\\[::1\\]:${port} is .*; 127\\.0\\.0\\.1:${port} answered$`))
    expect(report.warnings.map(({ warning }) => warning)).toEqual(['dead-address'])
  })
})
