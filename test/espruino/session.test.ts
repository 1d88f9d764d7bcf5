/** The bundles of the three profiles, as a board would load them: a whole session, byte for byte what the sources do on Node. */
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { create } from '../../firmware/client.js'
import { create as createSmall } from '../../firmware/small/client.js'
import { create as createTiny } from '../../firmware/tiny/client.js'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf, PROFILES, type Profile } from '../../tools/build/profiles.js'
import { session } from './programs/session.js'
import { runDevice, said } from './support/interpreter.js'

vi.setConfig({ testTimeout: 120_000 })

const VERSIONS: Record<Profile, (3 | 4 | 5)[]> = { tiny: [4], standard: [3, 4], full: [3, 4, 5] }

/** The sources that each is made of. */
const SOURCES = { tiny: createTiny as unknown as typeof create, standard: createSmall as unknown as typeof create, full: create }

const bundles: Record<string, string> = {}
let program = ''
beforeAll(async () => {
  for (const profile of PROFILES) bundles[profile] = (await keptBundle('espruino', { entry: `firmware/index.${profile}.ts`, flags: flagsOf(profile) })).code
  program = (await keptBundle('espruino', { entry: 'test/espruino/programs/session.ts', flags: flagsOf('full') })).code
}, 120_000)

describe.each(PROFILES)('the bundle of %s', (profile) => {
  const level = PROFILES.indexOf(profile)

  test('loads, and holds nothing but the entry\'s exports', async () => {
    const device = await runDevice({ yieldmq: bundles[profile]! }, `
      var before = used(), y = require("yieldmq");
      say("exports", Object.keys(y)); say("variables", used() - before); say("variable", process.memory().blocksize); say("done");`)
    expect(device.all('exports')).toEqual([profile === 'full' ? ['Client', 'create', 'run', 'recording'] : ['create', 'run']])
    console.log(`${profile}: ${bundles[profile]!.length} bytes; ${String(device.all('variables')[0])} variables of ${String(device.all('variable')[0])} bytes loaded from Storage`)
  })

  test.each(VERSIONS[profile])('runs a whole session of protocol version %i: the bytes and the calls are those of the sources on Node', async (version) => {
    const expected: string[] = []
    session(SOURCES[profile], level, version, (one) => {
      expected.push(one)
    })
    expect(expected.filter((one) => one.startsWith('link up')).length).toBeGreaterThanOrEqual(4)
    expect(expected.filter((one) => one.startsWith('it does not rest'))).toEqual([])
    // Every kind of message reached the program, and everything it published was delivered.
    for (const one of ['message in/a \0\xff', 'message in/b ', 'own own/xin three pieces', 'message in/d ', ...level > 0 ? ['message in/c \x80'] : []]) expect(expected).toContain(one)
    expect(expected).toContain(`delivered ${level > 0 ? 9 : 8}`)
    const device = await runDevice({ yieldmq: bundles[profile]!, program },
      `require("program").session(require("yieldmq").create, ${level}, ${version}, function(one) { say("event", btoa(one)); }); say("done");`, 60_000)
    const readable = (list: unknown[]) => list.map((one) => JSON.stringify(Buffer.from(String(one), 'base64').toString('latin1')))
    // tiny does not count packets and bytes.
    const compared = (list: string[]) => list.filter((one) => profile !== 'tiny' || !/^"(pings|packets|bytes) /.test(one))
    expect(compared(readable(device.all('event')))).toEqual(compared(readable(expected.map(said))))
  })
})
