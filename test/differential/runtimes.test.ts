import { beforeAll, describe, expect, it } from 'vitest'
import { keptTraces } from '../../tools/differential/command.js'
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

  it.each(kept)('$name: bytes out, receipts, callbacks and link states are those of Node on the Espruino bundle and in fengari', { timeout: 120_000 }, ({ text }) => {
    const { difference, lines } = compare(runtimes, [text])
    expect(difference).toBeUndefined()
    expect(lines).toBeGreaterThan(10)
  })

  it('a runtime that tells one line otherwise is named, with the line', () => {
    const [node] = runtimes
    const other: Runtime = { name: 'changed', missing: undefined, run: (traces) => node!.run!(traces).map((log) => log.map((line, i) => (i === 3 ? `${line}!` : line))) }
    expect(compare([node!, other], [kept[0]!.text]).difference).toMatchObject({ runtime: 'changed', line: 4 })
  })
})
