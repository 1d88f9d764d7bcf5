/** The kept traces on the real interpreter: line by line what the Node bundle tells. */
import { beforeAll, expect, test, vi } from 'vitest'
import { keptTraces } from '../../tools/differential/command.js'
import { buildDriver, nodeRuntime, type Bundles } from '../../tools/differential/runtimes.js'
import { runDevice } from './support/interpreter.js'

vi.setConfig({ testTimeout: 300_000 })

let bundles: Bundles
beforeAll(async () => { bundles = await buildDriver() }, 300_000)

test.each(keptTraces().filter((one) => one.text.length < 6000))('$name', async ({ text }) => {
  const expected = (await nodeRuntime(bundles)).run!([text])[0]!
  const device = await runDevice({ driver: bundles.espruino }, `require("driver").run(atob(${JSON.stringify(Buffer.from(text, 'latin1').toString('base64'))}), function(line) { say("line", btoa(line)); }); say("done");`, 120_000)
  expect(device.all('line').map((one) => Buffer.from(String(one), 'base64').toString('latin1'))).toEqual(expected)
})
