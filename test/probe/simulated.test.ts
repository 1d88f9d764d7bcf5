/** The session of the probe on a simulated device: slow and lossy ways, and the bound of every wait, in virtual time. */
import { describe, expect, it } from 'vitest'
import { createSim, type Conditions, type Sim } from '../../hal/sim/index.js'
import { percentile } from '../../tools/probe/echo.js'
import { Findings, type Report } from '../../tools/probe/report.js'
import type { Given } from '../../tools/probe/request.js'
import { runSession } from '../../tools/probe/session.js'
import { UsageError } from '../../tools/usage.js'
import { ScriptedBroker } from '../support/broker.js'
import { checked, outcome, request } from './support.js'

interface World {
  sim: Sim
  broker: ScriptedBroker
}

function world(conditions: Partial<Conditions> = {}, seed = 1): World {
  const sim = createSim({ seed, conditions })
  const broker = new ScriptedBroker()
  broker.listen(sim)
  return { sim, broker }
}

/** Runs the session to its end, which must come within `limitMs` of virtual time. */
function ask({ sim, broker }: World, given: Given = {}, limitMs = 3_600_000): Report {
  const asked = request('mqtt://broker', { count: '10', timeout: '10000', ...given })
  const findings = new Findings(asked.url)
  let done = 0
  runSession(sim.hal, asked, { endpoint: asked.endpoint, dnsMs: 0, looked: false }, findings, () => {
    done += 1
  })
  sim.until(() => done > 0, limitMs, 'the end of the probe')
  sim.run(60_000)
  expect(done).toBe(1)
  expect(sim.device.openSockets).toBe(0)
  expect(broker.violations).toEqual([])
  sim.check()
  return checked(findings.report())
}

describe('slow-broker', () => {
  it('warns of a delay of 3 s and a loss of 20 %, with the figures and what to change, and does not fail [S0-02.4]', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const report = ask(world({ latencyMs: 1500, lossOut: 0.2, lossIn: 0.2 }, seed))
      expect(outcome(report)).toBe('none ok 0')
      const { connectMs, echoes } = report.figures
      expect(connectMs).toBeGreaterThanOrEqual(6000)
      for (const { p50, p95, max } of echoes) {
        expect(p50).toBeGreaterThanOrEqual(3000)
        expect(p95).toBeLessThanOrEqual(max!)
      }
      const [warning, ...more] = report.warnings
      expect(more).toEqual([])
      expect(warning?.warning).toBe('slow-broker')
      expect(warning?.evidence).toContain(`connecting took ${connectMs} ms (threshold 2000 ms)`)
      for (const { qos, p95 } of echoes) expect(warning?.evidence).toContain(`95 % of the echoes with QoS ${qos} took up to ${p95} ms (threshold 1000 ms)`)
      expect(warning?.advice).toMatch(/connectTimeout: \d+000, pingTimeout: \d+000 and keepalive: \d+0\./)
      const suggested = Number(/connectTimeout: (\d+)/.exec(warning?.advice ?? '')?.[1])
      expect(suggested).toBeGreaterThanOrEqual(3 * connectMs!)
    }
  })

  it('counts what is not back in time as lost, and warns over the threshold of losses alone [S0-02.4]', () => {
    const lossy = (given: Given): Report => {
      const w = world({ latencyMs: 100 }, 3)
      w.broker.on('subscribe', () => w.sim.network.set({ lossOut: 0.2, lossIn: 0.2, rtoMs: 4000 }))
      return ask(w, { maxConnect: '3600000', maxRtt: '3600000', count: '40', ...given })
    }
    const report = lossy({})
    expect(report.verdict).toBe('ok')
    const [qos0] = report.figures.echoes
    expect(qos0?.sent).toBe(40)
    expect(qos0?.lost).toBeGreaterThan(0)
    expect(report.warnings[0]?.evidence).toContain(`${qos0?.lost} of 40 echoes with QoS 0 were not back within 10000 ms (threshold 0 %)`)
    expect(lossy({ maxLoss: '90' }).warnings).toEqual([])
  })

  it('is silent for a quick server, and follows its thresholds [S0-02.4]', () => {
    const quick = ask(world({ latencyMs: 25 }))
    expect(quick.warnings).toEqual([])
    expect(quick.figures).toEqual({ connectMs: 100, echoes: [0, 1].map((qos) => ({ qos, sent: 10, lost: 0, p50: 50, p95: 50, max: 50 })) })
    expect(ask(world({ latencyMs: 25 }), { maxConnect: '99' }).warnings[0]?.evidence).toBe('connecting took 100 ms (threshold 99 ms)')
    expect(ask(world({ latencyMs: 25 }), { maxRtt: '49' }).warnings[0]?.evidence).toContain('QoS 1 took up to 50 ms (threshold 49 ms)')
    expect(ask(world({ latencyMs: 25 }), { maxConnect: '100', maxRtt: '50' }).warnings).toEqual([])
  })

  it('takes percentiles by the nearest rank', () => {
    const tens = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    expect([percentile(tens, 50), percentile(tens, 95), percentile([7], 95), percentile([], 50)]).toEqual([50, 100, 7, null])
  })
})

describe('every wait of a probe ends', () => {
  const STAGES: [string, string, (w: World) => void][] = [
    ['the connection', 'tcp tcp-silent 21', ({ sim }) => sim.network.partition('both')],
    ['CONNACK', 'connect connect-silent 47', ({ broker }) => broker.on('connect', () => true)],
    ['SUBACK of a server that hangs', 'subscribe subscribe-silent 62', ({ broker }) => broker.on('subscribe', () => true)],
    ['SUBACK', 'subscribe subscribe-silent 62', ({ broker, sim }) => broker.on('subscribe', () => sim.network.partition('both'))],
    ['an echo that the server drops', 'echo-qos0 echo-lost 72', ({ broker }) => broker.on('publish', () => true)],
    ['the first echo', 'echo-qos0 echo-lost 72', ({ broker, sim }) => broker.on('publish', () => sim.network.partition('both'))]
  ]
  it.each(STAGES)('where nothing comes back of %s: %s [S0-02.3]', (_stage, expected, breaks) => {
    const w = world()
    breaks(w)
    // Three lost echoes in a row are the longest of the waits.
    expect(outcome(ask(w, {}, 31_000))).toBe(expected)
  })

  it('also when the link dies between two echoes: three more are waited for, and the rest is not sent', () => {
    const w = world()
    let echoes = 0
    w.broker.on('publish', () => {
      echoes += 1
      if (echoes === 5) w.sim.network.partition('both')
    })
    const report = ask(w, {}, 61_000)
    expect(outcome(report)).toBe('echo-qos1 echo-lost 72')
    expect(report.figures.echoes).toMatchObject([{ qos: 0, sent: 7, lost: 3 }, { qos: 1, sent: 3, lost: 3, p50: null }])
  })

  it('also where messages come to the topic that are not ours', () => {
    const w = world()
    w.broker.on('publish', (packet) => {
      w.broker.publish(packet.topic, 'a stranger')
      return true
    })
    const report = ask(w, { timeout: '500' }, 31_000)
    expect(outcome(report)).toBe('echo-qos0 echo-lost 72')
    expect(report.steps.find(({ state }) => state === 'fail')?.evidence).toBe('none of 3 came back within 500 ms each')
  })

  it('tells what the port says of the way, where nobody looked at it before', () => {
    const w = world()
    w.sim.network.name('broker', 'fail')
    expect(outcome(ask(w))).toBe('dns dns-unknown 10')
    const closed = { sim: createSim(), broker: new ScriptedBroker() }
    closed.sim.network.name('broker', 'ok')
    expect(outcome(ask(closed))).toBe('tcp tcp-refused 20')
  })

  it('refuses what the client does not take as a mistake in what was asked for', () => {
    expect(() => ask(world(), { clientId: 'a\0b' })).toThrow(UsageError)
  })
})
