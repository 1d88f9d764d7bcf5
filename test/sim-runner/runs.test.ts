import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { create } from '../../firmware/index.js'
import type { Hal } from '../../hal/hal.js'
import type { Options } from '../../firmware/types.js'
import { generate } from '../../tools/sim/generate.js'
import { PROMISES } from '../../tools/sim/promises/index.js'
import { promiseRows } from '../../tools/sim/promises/table.js'
import { ladder, recordRun } from '../../tools/sim/record.js'
import { runScript } from '../../tools/sim/run.js'
import { PROFILES, type Script } from '../../tools/sim/script.js'
import { shrink } from '../../tools/sim/shrink.js'

const under = { create }

describe('scenarios from seeds', () => {
  it.each(PROFILES)('every promise is kept in the profile %s', (profile) => {
    for (let seed = 1; seed <= 12; seed++) {
      const result = runScript(generate(seed, { profile, features: 'full', days: 0 }), under)
      expect(result.failure, `seed ${seed}`).toBeUndefined()
    }
  })

  it('a seed gives the same script and the same run each time, and another seed another one', () => {
    const wanted = { profile: 'mixed', features: 'full', days: 0 } as const
    expect(JSON.stringify(generate(5, wanted))).toBe(JSON.stringify(generate(5, wanted)))
    expect(JSON.stringify(generate(5, wanted))).not.toBe(JSON.stringify(generate(6, wanted)))
    const first = ladder(recordRun(generate(5, wanted), under))
    expect(first.length).toBeGreaterThan(20)
    expect(ladder(recordRun(generate(5, wanted), under))).toEqual(first)
  })

  it('scenarios of the smaller builds use nothing that they lack', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const tiny = generate(seed, { profile: 'mixed', features: 'tiny', days: 0 })
      expect(tiny.client.protocolVersion).toBe(4)
      expect(tiny.client.cache ?? tiny.client.whenFull ?? tiny.client.properties).toBeUndefined()
      expect(tiny.events.some((event) => 'qos' in event && event.qos > 1)).toBe(false)
      expect(generate(seed, { profile: 'mixed', features: 'standard', days: 0 }).client.protocolVersion).not.toBe(5)
    }
  })

  it('a longer scenario has more days and more in it', () => {
    const long = generate(3, { profile: 'honest', features: 'full', days: 20 })
    expect(long.duration).toBe(20 * 86_400_000)
    expect(long.events.length).toBeGreaterThan(generate(3, { profile: 'honest', features: 'full', days: 0 }).events.length * 5)
  })
})

describe('a core that breaks a promise', () => {
  /** Tells the receipt of every third token twice. */
  const twice = {
    create: (hal: Hal, options: Options) => create(hal, {
      ...options,
      onReceipt: (token, outcome, reason) => {
        options.onReceipt?.(token, outcome, reason)
        if (token % 3 === 0) options.onReceipt?.(token, outcome, reason)
      }
    })
  }
  const wanted = { profile: 'honest', features: 'full', days: 0 } as const

  it('is found, and the script shrinks to the few events that it takes', async () => {
    const failing = Array.from({ length: 20 }, (_, i) => generate(i + 1, wanted)).find((script) => runScript(script, twice).failure?.promise === 'one-receipt')
    expect(failing).toBeDefined()
    const shrunk = await shrink(failing!, runScript(failing!, twice), async (script) => runScript(script, twice))
    expect(shrunk.result.failure?.promise).toBe('one-receipt')
    expect(shrunk.script.events.length).toBeLessThanOrEqual(3)
    expect(Object.keys(shrunk.script.client)).toEqual([])
    expect(runScript(shrunk.script, under).failure).toBeUndefined()
  })

  it('a call that throws is a crash', () => {
    const throws = { create: (hal: Hal, options: Options) => {
      const client = create(hal, options)
      client.publish = () => { throw new Error('out of memory') }
      return client
    } }
    const script = generate(1, wanted)
    expect(runScript({ ...script, events: [{ at: 0, do: 'publish', topic: 0, qos: 0, bytes: 6 }] }, throws).failure).toMatchObject({ promise: 'no-crash', detail: expect.stringContaining('out of memory') as string })
  })
})

describe('scripts that once failed', () => {
  const folder = new URL('./scripts/', import.meta.url)
  it('are kept', () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const script = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Script
      expect(runScript(script, under).failure, file).toBeUndefined()
    }
  })
})

describe('promises', () => {
  it('have names of their own and a sentence each, and docs/promises.md has them word for word', () => {
    expect(new Set(PROMISES.map((one) => one.name)).size).toBe(PROMISES.length)
    const page = readFileSync(new URL('../../docs/promises.md', import.meta.url), 'utf8').split('\n')
    expect(page.filter((line) => line.startsWith('| `') && !PROFILES.some((profile) => line.startsWith(`| \`${profile}\``)))).toEqual(promiseRows())
  })
})
