/** The kept traces on the real interpreter: line by line what the Node bundle tells. */
import { beforeAll, expect, test, vi } from 'vitest'
import { keptTraces } from '../../tools/differential/command.js'
import { buildDriver, compare, espruinoRuntime, nodeRuntime, type Runtime } from '../../tools/differential/runtimes.js'

vi.setConfig({ testTimeout: 300_000 })

let runtimes: Runtime[]
beforeAll(async () => {
  const bundles = await buildDriver()
  runtimes = [await nodeRuntime(bundles), espruinoRuntime(bundles)]
}, 300_000)

test.each(keptTraces())('$name', async ({ text }) => {
  expect((await compare(runtimes, [text])).difference).toBeUndefined()
})
