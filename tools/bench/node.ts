/**
 * The rows against a real mosquitto: messages a second, CPU a message, garbage a message, on Node.
 *
 * Each client runs in a process of its own, the sides take turns, and the median of the rounds counts. The clock stops
 * at the broker's confirmation: QoS 1 at the last PUBACK, QoS 0 at the PUBACK of one QoS 1 message after the last.
 */
import { createRequire } from 'node:module'
import { startMosquitto } from '../../test/support/mosquitto.js'
import { feed } from './feed.js'
import type { Job, Outcome } from './job.js'
import { runJob, type ClientName } from './processes.js'
import { rowOf, type Heading, type Row } from './row.js'

export interface Sizes {
  rounds: number
  /** Messages measured a round. */
  messages: number
  /** Messages before the clock starts. */
  warmup: number
  /** Messages weighed for garbage. */
  weighed: number
}

const topic = 'bench/node/topic'
const payloadBytes = 64
const window = 20

const { version } = createRequire(import.meta.url)('mqtt/package.json') as { version: string }
const mqttJs = `MQTT.js ${version}`
const libmosquitto = 'libmosquitto'

/** A side: a client, and which of its ways. */
interface Side {
  client: ClientName
  way?: string
}

/** One row of a comparison: what is read from the outcomes of two of its sides. */
interface Reading extends Heading {
  peer: number
  value: (outcome: Outcome, messages: number) => number
}

/** The sides take turns at one job; side 0 is ours. */
interface Comparison {
  job: Pick<Job, 'kind' | 'qos'>
  sides: readonly Side[]
  readings: readonly Reading[]
}

const rate = { unit: 'messages/s', better: 'more', value: (o: Outcome, n: number) => n / o.wallMs * 1000 } as const
const cpu = { unit: 'us CPU/message', better: 'less', value: (o: Outcome, n: number) => o.cpuUs / n } as const
const garbage = { unit: 'bytes/message', better: 'less', value: (o: Outcome, n: number) => o.allocatedBytes / n } as const

const comparisons: readonly Comparison[] = [
  {
    job: { kind: 'publish', qos: 0 },
    sides: [{ client: 'yieldmq' }, { client: 'mqttjs' }, { client: 'mqttjs', way: 'paced' }],
    readings: [
      { name: 'node.qos0', ...rate, peer: 1, peerName: `${mqttJs}, publish in a loop`, atLeast: 1.6 },
      { name: 'node.qos0.cpu', ...cpu, peer: 1, peerName: `${mqttJs}, publish in a loop`, atLeast: 3 },
      { name: 'node.qos0.paced', ...rate, peer: 2, peerName: `${mqttJs}, awaiting every 500th`, atLeast: 0 },
      { name: 'node.qos0.paced.cpu', ...cpu, peer: 2, peerName: `${mqttJs}, awaiting every 500th`, atLeast: 0 }
    ]
  },
  {
    job: { kind: 'publish', qos: 1 },
    sides: [{ client: 'yieldmq' }, { client: 'mqttjs' }, { client: 'libmosquitto' }],
    readings: [
      { name: 'node.qos1', ...rate, peer: 1, peerName: `${mqttJs}, ${window} in flight`, atLeast: 1.5 },
      { name: 'node.qos1.cpu', ...cpu, peer: 2, peerName: `${libmosquitto}, ${window} in flight`, atLeast: 1 / 1.3 },
      { name: 'node.qos1.cpu.mqttjs', ...cpu, peer: 1, peerName: `${mqttJs}, ${window} in flight`, atLeast: 0 },
      { name: 'node.qos1.libmosquitto', ...rate, peer: 2, peerName: `${libmosquitto}, ${window} in flight`, atLeast: 0.9 }
    ]
  },
  {
    job: { kind: 'receive', qos: 0 },
    sides: [{ client: 'yieldmq' }, { client: 'mqttjs' }],
    readings: [
      { name: 'node.receive.cpu', ...cpu, peer: 1, peerName: mqttJs, atLeast: 0 }
    ]
  },
  {
    job: { kind: 'garbage.publish', qos: 0 },
    sides: [{ client: 'yieldmq' }, { client: 'mqttjs', way: 'paced' }],
    readings: [{ name: 'node.garbage.publish', ...garbage, peer: 1, peerName: mqttJs, atLeast: 0 }]
  },
  {
    job: { kind: 'garbage.receive', qos: 0 },
    sides: [{ client: 'yieldmq' }, { client: 'mqttjs' }],
    readings: [{ name: 'node.garbage.receive', ...garbage, peer: 1, peerName: mqttJs, atLeast: 0 }]
  }
]

/** The rows whose names `wanted` accepts. `progress` hears a line for every run. */
export async function nodeRows(sizes: Sizes, wanted: (name: string) => boolean, progress: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = []
  for (const comparison of comparisons) {
    const readings = comparison.readings.filter((reading) => wanted(reading.name))
    if (readings.length > 0) rows.push(...await compare(comparison, readings, sizes, progress))
  }
  return rows
}

async function compare(comparison: Comparison, readings: readonly Reading[], sizes: Sizes, progress: (line: string) => void): Promise<Row[]> {
  const needed = new Set([0, ...readings.map((reading) => reading.peer)])
  const outcomes = comparison.sides.map((): Outcome[] => [])
  const messages = comparison.job.kind.startsWith('garbage') ? sizes.weighed : sizes.messages
  // Nothing may be dropped, and logging each packet would make the broker the bottleneck.
  const broker = await startMosquitto({ maxInflight: 0, maxQueued: 0, lines: ['log_type none', 'log_type error', 'log_type information', 'connection_messages false'] })
  try {
    for (let round = 1; round <= sizes.rounds; round++) {
      for (const [index, side] of comparison.sides.entries()) {
        if (!needed.has(index)) continue
        const job: Job = { ...comparison.job, port: broker.port, count: messages, warmup: sizes.warmup, window, topic, payloadBytes, way: side.way ?? '' }
        const outcome = await runSide(side, job)
        outcomes[index]?.push(outcome)
        progress(`round ${round}/${sizes.rounds}  ${job.kind} QoS ${job.qos}  ${side.client} ${side.way ?? ''}  ${messages} messages, ${outcome.wallMs.toFixed(0)} ms, ${(outcome.cpuUs / messages).toFixed(2)} us CPU each`)
      }
    }
  } finally {
    await broker.remove()
  }
  const figures = (side: number, reading: Reading) => (outcomes[side] ?? []).map((outcome) => reading.value(outcome, messages))
  return readings.map((reading) => rowOf(reading, figures(0, reading), figures(reading.peer, reading)))
}

async function runSide(side: Side, job: Job): Promise<Outcome> {
  let fed: Promise<void> = Promise.resolve()
  const outcome = await runJob(side.client, job, () => {
    fed = feed(job.port, job.topic, job.payloadBytes, job.warmup + job.count)
  })
  await fed
  return outcome
}
