/**
 * The telemetry example over every family of modems: nothing that it accepted is lost when the bearer goes, the module restarts and
 * the broker restarts, each at a moment of its own. The order of the faults and their moments differ from family to family.
 */
import { afterAll, describe, expect, it, vi } from 'vitest'
import { families, type FamilyName } from '../../../hal/at/families.js'
import { Rig } from './rig.js'

type Fault = 'bearer' | 'module' | 'broker'
/** What is under way when it strikes: a prompt waits for its bytes, readings are on the line, a receipt came. */
type Moment = 'prompt' | 'readings' | 'receipt'

const LIMIT_MS = 60_000
/** What a command takes from the broker to the device. */
const ON_ITS_WAY_MS = 500
/** New readings that must come before a fault, and after the last. */
const FLOWING = 10
const ORDERS: Fault[][] = [['bearer', 'module', 'broker'], ['module', 'broker', 'bearer'], ['broker', 'bearer', 'module']]
const MOMENTS: Moment[] = ['prompt', 'readings', 'receipt']

/** Waits for the next such moment. */
async function moment(rig: Rig, what: Moment): Promise<void> {
  const from = rig.said.length
  let isNow = false
  rig.onLine = (who, bytes) => {
    isNow = isNow || (what === 'prompt' ? who === 'module' && bytes.includes('>') : what === 'readings' && who === 'host' && bytes.includes('readings'))
    rig.changed()
  }
  await rig.until(() => isNow || what === 'receipt' && rig.said.slice(from).some(({ line }) => line.endsWith('delivered')), `the moment "${what}"`)
  rig.onLine = () => {}
}

async function strike(rig: Rig, fault: Fault): Promise<void> {
  if (fault === 'bearer') rig.emulator.losePdp()
  else if (fault === 'module') rig.emulator.reboot()
  else await rig.broker.restart()
}

// They mostly wait: five at a time, which is vitest's default, would take three times as long.
vi.setConfig({ maxConcurrency: 12 })

/** From when to when the link was not there, ms. A command that is on its way when a fault strikes belongs to it. */
interface Outage { from: number; to: number }

/** How long it takes from a fault to the first new reading. */
async function endure(rig: Rig, fault: Fault, when: Moment): Promise<Outage> {
  const before = rig.count
  await rig.until(() => rig.count >= before + FLOWING, `readings to flow before ${fault}`)
  await moment(rig, when)
  const ups = rig.ups
  const begun = rig.now
  await strike(rig, fault)
  await rig.until(() => rig.ups > ups, `the link after ${fault}`)
  const known = rig.count
  await rig.until(() => rig.count > known, `a reading after ${fault}`)
  return { from: begun, to: rig.now }
}

const table: string[] = []
afterAll(() => { console.log(table.sort().join('\n')) })

/** The device's life, from its start to its end. */
async function live(family: FamilyName, i: number, isNative: boolean): Promise<void> {
  const rig = await Rig.start(family, i + 1, isNative)
  try {
    rig.run()
    await rig.until(() => rig.ups > 0, 'the first link')
    const row = [`${family}${isNative ? ', its own MQTT' : ', TCP'}: up after ${rig.now} ms`]
    const outages: Outage[] = []
    for (const [k, fault] of ORDERS[i % ORDERS.length]!.entries()) {
      const when = MOMENTS[(k + 2 * i) % MOMENTS.length]!
      const outage = await endure(rig, fault, when)
      outages.push(outage)
      row.push(`${fault} at ${when} ${outage.to - outage.from} ms`)
    }
    const last = rig.count
    await rig.until(() => rig.count >= last + FLOWING, 'readings to flow at the end')
    rig.finish()
    await rig.until(() => rig.summary !== undefined, 'its end')
    const { readings, delivered, connects, resent } = rig.summary!
    await rig.until(() => rig.count >= readings, 'every reading')
    const lost = rig.disobeyed
    table.push(`${row.join(', ')}; ${readings} readings, ${resent} sent again; ${lost.length} of ${rig.commands.length} commands lost${isNative ? ` ${JSON.stringify(rig.hal.offload!.stats())}` : ''}`)

    const all = Array.from({ length: readings }, (_, n) => n + 1)
    expect(rig.order).toEqual(all)
    expect(delivered).toBe(readings)
    expect(rig.receipts.sort()).toEqual(all.map(n => `${n} delivered`).sort())
    expect(connects).toBe(1 + outages.length)
    // The session is a clean one: commands of an outage are lost, no others, and each outage is named.
    expect(lost.filter(({ at }) => !outages.some(({ from, to }) => at > from - ON_ITS_WAY_MS && at <= to))).toEqual([])
    expect(rig.said.filter(({ line }) => line.startsWith('link lost: '))).toHaveLength(outages.length)
    if (isNative) expect(rig.hal.offload!.stats()).toMatchObject({ overruns: 0, tooLarge: 0 })
  } finally {
    await rig.end()
  }
}

const OVER_TCP = Object.keys(families) as FamilyName[]
/** One of each dialect. */
const OVER_ITS_MQTT: FamilyName[] = ['air780', 'ec2x', 'sim7600', 'esp']

describe('the telemetry example loses no reading over', () => {
  it.concurrent.each([
    ...OVER_TCP.map((family, i) => [family, 'TCP', () => live(family, i, false)] as const),
    ...OVER_ITS_MQTT.map((family, i) => [family, 'its own MQTT', () => live(family, i, true)] as const)
  ])('%s and %s', (_family, _way, run) => run(), LIMIT_MS)
})
