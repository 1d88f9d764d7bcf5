/** The byte intrinsics, as the Espruino pipeline lowers them, on every byte value. */
import { beforeAll, expect, test, vi } from 'vitest'
import { buildEspruino } from '../../tools/build/espruino.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { report as shapesReport } from '../build/samples/shapes.js'
import { runDevice } from './support/interpreter.js'
import { cases } from './programs/bytes.js'

vi.setConfig({ testTimeout: 60_000 })

let program = ''
beforeAll(async () => {
  program = (await buildEspruino({ entry: 'test/espruino/programs/bytes.ts', flags: flagsOf('full') })).code
})

/** What `cases` of programs/bytes.ts answer on Espruino, by name. */
const SCRIPT = `
var c = require("program").cases(), out = {};
for (var name in c) out[name] = c[name] === true || c[name] === false ? c[name] : hex(c[name]);
say("done", out);
`

test('every intrinsic gives the bytes that it gives on Node, for all 256 values', async () => {
  const expected = Object.fromEntries(Object.entries(cases()).map(([name, bytes]) => [name, Buffer.from(bytes, 'latin1').toString('hex')]))
  expect(Object.keys(expected).length).toBeGreaterThan(10)
  expect(await runDevice({ program }, SCRIPT)).toEqual(expected)
})

test('a sample of every construct of the dialect gives the bytes of the source', async () => {
  const { code } = await buildEspruino({ entry: 'test/build/samples/shapes.ts', flags: flagsOf('full') })
  expect(await runDevice({ program: code }, 'say("done", hex(require("program").report()))')).toBe(Buffer.from(shapesReport(), 'latin1').toString('hex'))
})
