/** The byte intrinsics, as the Espruino pipeline lowers them, on every byte value. */
import { beforeAll, expect, test, vi } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { report as shapesReport } from '../build/samples/shapes.js'
import { runDevice, said } from './support/interpreter.js'
import { cases } from './programs/bytes.js'

vi.setConfig({ testTimeout: 60_000 })

let program = ''
beforeAll(async () => {
  program = (await keptBundle('espruino', { entry: 'test/espruino/programs/bytes.ts', flags: flagsOf('full') })).code
})

test('every intrinsic gives the bytes that it gives on Node, for all 256 values', async () => {
  const expected = Object.entries(cases()).map(([name, bytes]) => ({ name, value: said(bytes) }))
  expect(expected.length).toBeGreaterThan(10)
  const device = await runDevice({ program }, 'var c = require("program").cases(); for (var name in c) say(name, btoa(c[name])); say("done");')
  expect(device.said.slice(0, -1)).toEqual(expected)
})

test('a sample of every construct of the dialect gives the bytes of the source', async () => {
  const { code } = await keptBundle('espruino', { entry: 'test/build/samples/shapes.ts', flags: flagsOf('full') })
  const device = await runDevice({ program: code }, 'say("bytes", btoa(require("program").report())); say("done");')
  expect(device.all('bytes')).toEqual([said(shapesReport())])
})
