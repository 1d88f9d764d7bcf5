/** The sample of test/port-lua in the interpreters themselves, whose numbers are wider than a module's. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { keptBundle } from '../../../tools/build/kept.js'
import { flagsOf } from '../../../tools/build/profiles.js'
import { NUMBERS } from '../../port-lua/expected.js'

it('the clocks of the Lua ports give the same on every Lua', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-numbers-'))
  try {
    const file = path.join(folder, 'bundle.lua')
    writeFileSync(file, (await keptBundle('lua', { entry: 'test/port-lua/samples/numbers.ts', flags: flagsOf('standard') })).code, 'latin1')
    for (const lua of ['lua5.1', 'lua5.3', 'lua5.4', 'luajit']) {
      const out = execFileSync(lua, ['-e', `io.write(dofile(${JSON.stringify(file)}).report())`], { encoding: 'latin1', timeout: 20_000 })
      // What is a float prints so from 5.3 on; a clock's figure must not be one.
      expect(out, lua).toBe(NUMBERS)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
