import { expect, it } from 'vitest'
import { keptTraces } from '../../../tools/differential/command.js'
import { buildDriver, compare, luaRuntime, nodeRuntime } from '../../../tools/differential/runtimes.js'

it('the kept traces mean on lua5.1, lua5.3, lua5.4 and LuaJIT what they mean on Node', { timeout: 300_000 }, async () => {
  const bundles = await buildDriver()
  const runtimes = [await nodeRuntime(bundles), ...['lua5.1', 'lua5.3', 'lua5.4', 'luajit'].map((command) => luaRuntime(bundles, command))]
  expect(runtimes.map((one) => one.missing)).toEqual(Array.from({ length: 5 }, () => undefined))
  expect((await compare(runtimes, keptTraces().map((one) => one.text))).difference).toBeUndefined()
})
