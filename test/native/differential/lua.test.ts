import { expect, it } from 'vitest'
import { keptTraces } from '../../../tools/differential/command.js'
import { buildDriver, compare, luaRuntime, nodeRuntime } from '../../../tools/differential/runtimes.js'

it('the kept traces mean on lua5.1 and lua5.3 what they mean on Node', { timeout: 300_000 }, async () => {
  const bundles = await buildDriver()
  const runtimes = [await nodeRuntime(bundles), luaRuntime(bundles, 'lua5.1'), luaRuntime(bundles, 'lua5.3')]
  expect(runtimes.map((one) => one.missing)).toEqual([undefined, undefined, undefined])
  expect((await compare(runtimes, keptTraces().map((one) => one.text))).difference).toBeUndefined()
})
