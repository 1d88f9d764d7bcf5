/**
 * The measuring half of a client's child process: every client is measured by this one piece of code. The result goes
 * to standard output as one line of JSON.
 */
import { GCProfiler } from 'node:v8'
import { READY, type Job, type Outcome } from '../job.js'

/** One client, connected. Each function resolves when the job is done, and rejects when it cannot be. */
export interface Session {
  /** Publishes `count` messages; resolves at the broker's confirmation of the last. */
  publish(count: number): Promise<void>
  /** Subscribes; resolves at SUBACK. `onMessage` is called once for each message. */
  subscribe(onMessage: (payloadBytes: number) => void): Promise<void>
  end(): void
}

export type Connect = (job: Job) => Promise<Session>

interface Marks {
  wall: number
  cpu: NodeJS.CpuUsage
  bytes: number
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function mark(job: Job): Marks {
  const weighed = job.kind.startsWith('garbage')
  if (weighed) collect()
  return { bytes: weighed ? heapBytes() : 0, cpu: process.cpuUsage(), wall: performance.now() }
}

function outcome(job: Job, from: Marks): Outcome {
  const wallMs = performance.now() - from.wall
  const cpu = process.cpuUsage(from.cpu)
  return { wallMs, cpuUs: cpu.user + cpu.system, allocatedBytes: job.kind.startsWith('garbage') ? heapBytes() - from.bytes : 0 }
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('the heap can only be weighed with --expose-gc')
  // The second collection waits for the first one's sweepers: buffers that they free later would count against the span.
  globalThis.gc()
  globalThis.gc()
}

async function publish(session: Session, job: Job): Promise<Outcome> {
  await session.publish(job.warmup)
  const from = mark(job)
  const profiler = new GCProfiler()
  profiler.start()
  await session.publish(job.count)
  const result = outcome(job, from)
  refuseCollections(job, profiler)
  return result
}

function receive(session: Session, job: Job): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let received = 0
    let from: Marks
    const profiler = new GCProfiler()
    session.subscribe((payloadBytes) => {
      received += 1
      if (payloadBytes !== job.payloadBytes) reject(new Error(`message ${received} has ${payloadBytes} bytes instead of ${job.payloadBytes}`))
      if (received === job.warmup) {
        from = mark(job)
        profiler.start()
      }
      if (received === job.warmup + job.count) {
        const result = outcome(job, from)
        try {
          refuseCollections(job, profiler)
          resolve(result)
        } catch (error) {
          reject(error as Error)
        }
      }
    }).then(() => console.log(READY), reject)
  })
}

/** What was collected during the span is missing in its weight, so a weighing with a collection in it is none. */
function refuseCollections(job: Job, profiler: GCProfiler): void {
  const collections = profiler.stop().statistics.length
  if (job.kind.startsWith('garbage') && collections > 0) {
    throw new Error(`${collections} collections ran while ${job.count} messages were weighed; weigh fewer messages or give the child more young space`)
  }
}

/** The whole child process: reads the job from the command line, runs it, prints the outcome. */
export async function measure(connect: Connect): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? '') as Job
  const session = await connect(job)
  const result = job.kind.endsWith('publish') ? await publish(session, job) : await receive(session, job)
  session.end()
  console.log(JSON.stringify(result))
}
