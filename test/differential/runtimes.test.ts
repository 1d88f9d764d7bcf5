import { beforeAll, describe, expect, it } from 'vitest'
import { keptTraces } from '../../tools/differential/command.js'
import { randomMaker } from '../../tools/differential/generate.js'
import { buildDriver, compare, espruinoBundleRuntime, fengariRuntime, nodeRuntime, type Bundles, type Runtime } from '../../tools/differential/runtimes.js'

describe('a trace means the same on every runtime', () => {
  let bundles: Bundles
  let runtimes: Runtime[]
  beforeAll(async () => {
    bundles = await buildDriver()
    runtimes = [await nodeRuntime(bundles), espruinoBundleRuntime(bundles), fengariRuntime(bundles)]
  }, 300_000)
  const kept = keptTraces()

  it('the kept traces are many', () => {
    expect(kept.length).toBeGreaterThanOrEqual(25)
  })

  it.each(kept)('$name: bytes out, receipts, callbacks and link states are those of Node on the Espruino bundle and in fengari', { timeout: 120_000 }, async ({ text }) => {
    const { difference, lines } = await compare(runtimes, [text])
    expect(difference).toBeUndefined()
    expect(lines).toBeGreaterThan(10)
  })

  it('a runtime that tells one line otherwise is named, with the line', async () => {
    const [node] = runtimes
    const other: Runtime = { name: 'changed', missing: undefined, run: async (traces) => (await node!.run!(traces)).map((log) => log.map((line, i) => (i === 3 ? `${line}!` : line))) }
    expect((await compare([node!, other], [kept[0]!.text])).difference).toMatchObject({ runtime: 'changed', line: 4 })
  })
})

describe('the traces are what they are called', () => {
  let node: Runtime
  beforeAll(async () => { node = await nodeRuntime(await buildDriver()) }, 300_000)
  const logOf = async (name: string): Promise<string[]> => {
    const kept = keptTraces().find((one) => one.name === `${name}.trace`)
    return (await node.run!([kept!.text]))[0]!
  }
  const told = (log: string[], word: string): string[] => log.filter((line) => line.split(' ')[1] === word)

  it('socket-fills: five messages wait for room and leave in parts, a sixth is cut in two, all are answered on one connection', async () => {
    const log = await logOf('socket-fills')
    expect(told(log, 'link').map((line) => line.split(' ')[2])).toEqual(['opening', 'connecting', 'up'])
    expect(told(log, 'receipt').map((line) => line.replace(/^\d+ receipt /, '')).sort()).toEqual(['1 sent 0', '2 delivered 0', '3 delivered 0', '4 sent 0', '5 delivered 0', '6 delivered 0'])
    expect(told(log, 'out').filter((line) => /out (320a00|03612f62....637574) /.test(line)).map((line) => Number(line.split(' ')[0]))).toEqual([6550, 8550])
  })

  it('socket-stays-full: the link ends for want of room, and the next one carries the message that was cut, with DUP', async () => {
    const log = await logOf('socket-stays-full')
    expect(told(log, 'link').map((line) => line.split(' ').slice(2).join(' '))).toEqual(['opening 0', 'connecting 0', 'up 0', 'waiting -110', 'opening 0', 'connecting 0', 'up present 0'])
    expect(told(log, 'receipt').map((line) => line.replace(/^\d+ receipt /, ''))).toEqual(['1 delivered 0', '2 delivered 0'])
  })

  it('the server answers what the client sent: of a hundred random traces nine in ten end with the counts that the simulator had', async () => {
    const makers = Array.from({ length: 100 }, (_one, i) => randomMaker(i + 1))
    const logs = await node.run!(makers.map((one) => one.trace('')))
    const counts = (log: string[]): number[] => ['packets-in', 'packets-out', 'bytes-in', 'delivered', 'sent', 'received', 'resent', 'pings', 'drops'].map((word) => Number(told(log, word)[0]!.split(' ')[2]))
    // Where a call and a packet fall on one instant, the trace has an order and the simulator had another: those differ.
    const same = makers.filter((one, i) => {
      const s = one.client.stats()
      return JSON.stringify(counts(logs[i]!)) === JSON.stringify([s.packetsIn, s.packetsOut, s.bytesIn, s.delivered, s.sent, s.received, s.resent, s.pings, s.drops])
    })
    expect(same.length).toBeGreaterThanOrEqual(90)
    expect(makers.reduce((sum, one) => sum + one.client.stats().delivered, 0)).toBeGreaterThan(500)
  })
})
