/**
 * Power cuts in the journal's writes: a program on a simulated device publishes and receives, the power goes in the middle
 * of one write, the device boots again and goes on. What was promised is then looked for, in the broker's books and in the
 * notes of the program.
 */
import { create, type Client } from '../../firmware/index.js'
import type { Bytes, Options, Outcome } from '../../firmware/types.js'
import { ModelBroker } from '../../hal/sim/broker/index.js'
import { describeViolation } from '../../hal/sim/broker/violations.js'
import { createSim, type CutKind } from '../../hal/sim/index.js'

/** What a run publishes to the broker, and what it has from it. */
export type Traffic = 'qos1' | 'qos2' | 'in2' | 'both'

export interface Plan {
  version: 3 | 4 | 5
  traffic: Traffic
  /** Messages of 64 bytes in each direction that the traffic has. */
  messages: number
  /** Which writes of the run are cut, counted from the boot before; none when empty. */
  cuts: readonly Cut[]
  /** Told at each change of the outbox that a store must hear of: messages in it and their bytes, after the change. */
  onChange?: (count: number, bytes: number) => void
}

export interface Cut {
  /** The nth write since the device booted, from 1. */
  write: number
  /** Bytes of the value that arrive, as `SimStorage.cut` takes them: -1 for all but the last, 0.5 for half, Infinity for all. */
  kept: number
  kind: CutKind
}

export interface Outcomes {
  /** Promises that were broken, as sentences; none in a good run. */
  broken: string[]
  /** Accepted messages that the broker never took, and messages for the program that it never had. */
  lost: number
  /** QoS 2 messages that the broker took twice, and those that the program had twice without the flag `repeated`. */
  doubled: number
  /** Writes of the journal, and their bytes, all lives together. */
  writes: number
  bytes: number
  /** Topic and payload bytes accepted. */
  accepted: number
  lives: number
  /** Of the journal's keys: most writes of one key, and the least among those ever written. */
  wear: [number, number]
  keys: number
}

const PAYLOAD_BYTES = 64
const STEP_MS = 3
const OUTBOX = 32

function qosOf(traffic: Traffic, i: number): 1 | 2 {
  return traffic === 'qos1' ? 1 : traffic === 'both' && i % 2 === 0 ? 1 : 2
}

interface Attempt {
  payload: string
  qos: 1 | 2
  /** 0: the power went before `publish` returned. */
  token: number
}

interface Handed {
  payload: string
  repeated: boolean
  life: number
  /** Writes of the store before it was handed over. */
  writes: number
}

/** One run. The same plan gives the same run. */
export function runPlan(plan: Plan): Outcomes {
  const sim = createSim({ waits: true, traceLimit: 0 })
  const { device } = sim
  const attempts: Attempt[] = []
  const handed: Handed[] = []
  /** Writes that came whole, by the end of each life. */
  const ends: number[] = []
  const told: { token: number; outcome: Outcome; life: number }[] = []
  let client!: Client
  let state = 'offline'
  let lives = 0
  let subscribed = false

  const changed = (): void => {
    const stats = client.stats()
    plan.onChange?.(stats.outboxCount, stats.outboxBytes)
  }
  const broker = new ModelBroker(sim, {
    // PUBREC was seen: PUBREL came.
    neverAck: ({ kind }) => {
      if (kind === 'pubcomp') changed()
      return false
    }
  })

  const boot = (): void => {
    const cut = plan.cuts[lives]
    lives += 1
    const life = lives
    state = 'offline'
    if (cut !== undefined) device.storage.cut(cut.write, cut.kept, cut.kind)
    const options: Options = {
      servers: [{ host: 'broker', port: 1883 }], clientId: 'dev', clean: false, jitter: false, journal: true, protocolVersion: plan.version,
      limits: { outboxCount: OUTBOX },
      onMessage: (_topic, payload, packet) => { handed.push({ payload, repeated: packet.repeated === true, life, writes: device.storage.writes }) },
      onReceipt: (token, outcome) => {
        told.push({ token, outcome, life })
        changed()
      },
      onSubscribed: () => { subscribed = true },
      onLink: (now) => { state = now }
    }
    client = create(device.hal, options)
    client.subscribe('in', 2)
    const code = client.connect()
    if (code < 0) throw new Error(`connect() returned ${code}`)
  }
  const step = (ms: number): void => {
    const end = sim.now + ms
    const alive = device.run(() => {
      while (sim.now < end) {
        const before = sim.now
        client.yield(end - sim.now)
        if (sim.now === before) sim.advance(end - sim.now)
      }
    })
    if (!alive) restart()
  }
  const restart = (): void => {
    do {
      const { kept, kind } = plan.cuts[lives - 1]!
      ends.push(device.storage.writes - (kept === Infinity && kind !== 'old' ? 0 : 1))
      device.reboot()
    } while (!device.run(boot))
  }
  const settle = (done: () => boolean, what: string): void => {
    for (let waited = 0; !done(); waited += 10) {
      if (waited > 120000) throw new Error(`waited 120 s of virtual time for ${what}: ${state}, ${JSON.stringify(client.explain())}`)
      step(10)
    }
  }

  if (!device.run(boot)) restart()
  settle(() => state === 'up' && subscribed, 'the link')
  for (let i = 0; i < plan.messages; i += 1) {
    settle(() => client.stats().outboxCount < OUTBOX, 'room in the outbox')
    if (plan.traffic !== 'in2') {
      const attempt: Attempt = { payload: `${i}.`.padEnd(PAYLOAD_BYTES, '.'), qos: qosOf(plan.traffic, i), token: 0 }
      attempts.push(attempt)
      if (!device.run(() => { attempt.token = client.publish('out', attempt.payload as Bytes, attempt.qos) })) restart()
      changed()
    }
    if (plan.traffic === 'in2' || plan.traffic === 'both') broker.publish('in', `in ${i}` as Bytes, 2)
    step(STEP_MS)
  }
  const expected = plan.traffic === 'in2' || plan.traffic === 'both' ? plan.messages : 0
  settle(() => state === 'up' && client.stats().outboxCount === 0 && new Set(handed.map((h) => h.payload)).size >= expected, 'the end of the run')
  step(6000)
  sim.check()
  const wear = [...device.storage.wear].filter(([key]) => key.startsWith('yq')).map(([, w]) => w.writes)
  const verdict = judge(attempts, told, handed, ends, broker, expected)
  for (const violation of broker.oracle.violations.items) verdict.broken.push(describeViolation(violation))
  return {
    ...verdict,
    writes: device.storage.writes, bytes: device.storage.bytesWritten,
    accepted: attempts.filter((a) => a.token > 0).length * (PAYLOAD_BYTES + 'out'.length),
    lives, wear: [Math.max(0, ...wear), Math.min(...wear)], keys: wear.length
  }
}

function judge(attempts: Attempt[], told: { token: number; outcome: Outcome; life: number }[], handed: Handed[], ends: number[], broker: ModelBroker, expected: number): Pick<Outcomes, 'broken' | 'lost' | 'doubled'> {
  const broken: string[] = []
  let lost = 0
  let doubled = 0
  const taken = new Map<string, number>()
  for (const { topic, payload } of broker.oracle.taken.items) {
    if (topic === 'out') taken.set(payload, (taken.get(payload) ?? 0) + 1)
  }
  const known = new Set(attempts.map((a) => a.payload))
  for (const payload of taken.keys()) if (!known.has(payload)) broken.push(`the broker took ${JSON.stringify(payload)}, which nobody published`)
  const tokens = new Set<number>()
  for (const { payload, qos, token } of attempts) {
    const name = `QoS ${qos} message ${payload.slice(0, payload.indexOf('.'))}, token ${token},`
    const times = taken.get(payload) ?? 0
    if (qos === 2 && times > 1) {
      doubled += 1
      broken.push(`${name} came ${times} times`)
    }
    if (token === 0) continue
    if (token < 0) {
      broken.push(`${name} was refused`)
      continue
    }
    if (tokens.has(token)) broken.push(`${name} has a token that was given before`)
    tokens.add(token)
    if (times === 0) {
      lost += 1
      broken.push(`${name} was accepted and is lost`)
    }
    const receipts = told.filter((r) => r.token === token)
    if (receipts.length === 0) broken.push(`${name} has no receipt`)
    if (receipts.some((r) => r.outcome !== 'delivered')) broken.push(`${name} ended ${receipts.map((r) => r.outcome).join(', ')}`)
    if (new Set(receipts.map((r) => r.life)).size < receipts.length) broken.push(`${name} has two receipts in one life`)
  }
  const seen = new Map<string, Handed>()
  for (const one of handed) {
    const before = seen.get(one.payload)
    seen.set(one.payload, one)
    if (before === undefined) continue
    // Again only where the write that was to bring its id was the one that was cut.
    const unwritten = before.life < one.life && ends[before.life - 1] === before.writes
    if (one.repeated && unwritten) continue
    doubled += 1
    broken.push(`inbound ${one.payload} was handed over again ${one.repeated ? 'after its id was written' : 'without the repeated flag'}`)
  }
  if (seen.size !== expected) {
    lost += Math.max(0, expected - seen.size)
    broken.push(`${seen.size} of ${expected} inbound messages were handed over`)
  }
  return { broken, lost, doubled }
}

export interface Place extends Omit<Cut, 'write'> {
  /** What is found at the next start. */
  name: string
}

/** Where in a value a cut falls, and what is found behind it. */
export const PLACES: readonly Place[] = [
  { kept: 0, kind: 'short', name: 'nothing' },
  { kept: 1, kind: 'short', name: 'the first byte' },
  { kept: 0.5, kind: 'short', name: 'half' },
  { kept: -1, kind: 'short', name: 'all but the last byte' },
  { kept: Infinity, kind: 'short', name: 'all' },
  { kept: 0, kind: 'old', name: 'the old value' },
  { kept: 0, kind: 'garbage', name: 'other bytes' },
  { kept: 0.5, kind: 'garbage', name: 'half, then other bytes' },
  { kept: 0.5, kind: 'mixed', name: 'half, then the old value\'s bytes' }
]

/** A run that broke a promise. */
export interface Failure {
  version: Plan['version']
  write: number
  /** A name of `PLACES`. */
  place: string
  broken: string[]
}

export interface Total {
  /** Writes of the run without a cut. */
  writes: number
  /** Runs, each with one power cut. */
  cuts: number
  lost: number
  doubled: number
  failures: Failure[]
}

/** Every write of the run that `plan` describes, cut in each of the ways of `PLACES`; with `turns` in one, each write in the next. */
export function cutEverywhere(plan: Omit<Plan, 'cuts'>, turns = false, progress?: (done: number, of: number) => void): Total {
  const { writes } = runPlan({ ...plan, cuts: [] })
  const total: Total = { writes, cuts: 0, lost: 0, doubled: 0, failures: [] }
  const of = turns ? writes : writes * PLACES.length
  for (let write = 1; write <= writes; write += 1) {
    for (const { name, kept, kind } of turns ? [PLACES[write % PLACES.length]!] : PLACES) {
      const failed = (broken: string[]): void => { total.failures.push({ version: plan.version, write, place: name, broken }) }
      try {
        const { broken, lost, doubled, lives } = runPlan({ ...plan, cuts: [{ write, kept, kind }] })
        total.lost += lost
        total.doubled += doubled
        if (lives < 2) broken.push('the power was not cut')
        if (broken.length > 0) failed(broken)
      } catch (error) {
        failed([(error as Error).message])
      }
      total.cuts += 1
      progress?.(total.cuts, of)
    }
  }
  return total
}
