/**
 * What the flight recorder costs on Node: node tools/build/run.mjs tools/bench/recorder.ts
 *
 * Two clients in one process that differ in `recorder` only, in rounds by turns, over a port of next to nothing. Counted is the CPU
 * time of the process, and of the differences between the two of a round the median, so that other load on the machine hardly shows.
 */
import { create } from '../../firmware/index.full.js'
import { arrive, make, message } from '../../test/espruino/programs/figures.js'
import type { Bytes } from '../../firmware/types.js'

const ROUNDS = 301
const CALLS = 2000

const payload = '0123456789abcdef0123456789abcdef' as Bytes
const incoming = message()
const clients = [0, 2048].map((recorder) => {
  const client = make(create, recorder)
  client.connect()
  for (let i = 0; i < 10; i += 1) client.yield(0)
  return client
}) as [ReturnType<typeof make>, ReturnType<typeof make>]

type Work = (client: ReturnType<typeof make>) => void
const works: Record<string, Work> = {
  'publish at QoS 0': (client) => { client.publish('plant/7/temperature', payload) },
  'publish at QoS 1, acknowledged': (client) => { client.publish('plant/7/temperature', payload, 1); client.yield(0) },
  'message received': (client) => { arrive(incoming); client.yield(0) }
}

/** CPU time of one call, ns. */
function cost(work: Work, which: 0 | 1): number {
  const from = process.cpuUsage()
  for (let i = 0; i < CALLS; i += 1) work(clients[which])
  const { user, system } = process.cpuUsage(from)
  return (user + system) * 1000 / CALLS
}

function median(list: number[]): number {
  return list.sort((a, b) => a - b)[(list.length - 1) / 2]!
}

for (const [name, work] of Object.entries(works)) {
  const without: number[] = []
  const more: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    // Who is first changes, so that neither has the warmer caches.
    const first = round % 2 as 0 | 1
    const one = cost(work, first)
    const other = cost(work, 1 - first as 0 | 1)
    without.push(first === 0 ? one : other)
    more.push(first === 0 ? other - one : one - other)
  }
  console.log(`${name}: ${median(without).toFixed(0)} ns without, ${median(more).toFixed(0)} ns more with the recorder`)
}
