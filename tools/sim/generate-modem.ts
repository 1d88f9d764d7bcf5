/**
 * A modem in a script that is otherwise as its seed made it: what it is, how it is wired, and what goes wrong with it and
 * with its serial line. Drawn from a stream of its own.
 */
import type { Draw } from './generate.js'
import type { LineNoise, ModemSetup, Script, ScriptEvent } from './script.js'

/** A chance for each byte: of some thousands one or a few, and in some scripts one of a few hundred. */
const NOISE = [0.0002, 0.001, 0.004] as const

type Wiring = Pick<ModemSetup, 'pins' | 'keyStrapped'>

/** Always something that heals a module which hangs: without a pin nothing does. */
function wiring(draw: Draw, family: ModemSetup['family']): Wiring {
  if (family === 'esp') return draw.pick<Wiring>([{ pins: ['reset'] }, { pins: ['reset', 'power'] }])
  return draw.pick<Wiring>([
    { pins: ['reset', 'powerKey'] }, { pins: ['reset', 'powerKey'] }, { pins: ['reset', 'powerKey', 'power'] }, { pins: ['powerKey'] },
    { pins: ['reset', 'power'], keyStrapped: true }, { pins: ['power'], keyStrapped: true }
  ])
}

function quirks(draw: Draw, family: ModemSetup['family']): ModemSetup['quirks'] {
  const air = family === 'air724' || family === 'air780'
  return {
    closedAtPrompt: draw.pick(['error-at-once', 'error-after-data'] as const),
    earlyData: draw.pick(['lost', 'taken'] as const),
    ...(family === 'esp' ? { oldEsp: draw.chance(0.3) } : { whileBusy: draw.pick(['hold', 'hold', 'drop'] as const) }),
    ...(air ? { cifsrOk: draw.chance(0.5), automaticContext: draw.chance(0.5) } : {}),
    ...(air || family === 'sim800' ? { linkBlank: draw.chance(0.5), pdpDeact: draw.pick(['+PDP DEACT', '+PDP: DEACT'] as const) } : {}),
    ...(family === 'sim7600' || family === 'a7670' ? { openErrorOrder: draw.pick(['ok-then-result', 'result-then-error'] as const) } : {})
  }
}

/** One kind of trouble on the line. Losing and doubling come apart: one of each in one read cancel out, and nothing on the line shows it. */
function noise(draw: Draw): LineNoise {
  return draw.pick<() => LineNoise>([
    () => ({ chunks: draw.pick([1, 2, 7, 'random'] as const), chunkGapMs: draw.pick([0, 0, 1]) }),
    () => ({ unsolicited: draw.pick([0.05, 0.5]) }),
    () => ({ lateFinal: draw.pick([0.02, 0.2]), lateFinalMs: draw.pick([[1000, 5000], [500, 8000], [8000, 30_000]] as const) }),
    () => ({ doubledLineEnd: draw.pick([0.1, 1]) }),
    () => ({ promptUrc: draw.pick([0.1, 0.5]), promptUrcWhere: draw.pick(['before', 'after', 'instead'] as const) }),
    () => ({ sendFail: draw.pick([0.05, 0.3]) }),
    () => ({ loseOut: draw.pick(NOISE) }),
    () => ({ doubleOut: draw.pick(NOISE) }),
    () => ({ loseIn: draw.pick(NOISE) }),
    () => ({ doubleIn: draw.pick(NOISE) })
  ])()
}

type Maker = (at: number, ms: number) => ScriptEvent

function makers(draw: Draw, { family, pins }: ModemSetup): Maker[] {
  const radio = (pick: () => Extract<ScriptEvent, { do: 'radio' }>['radio']): Maker => (at, ms) => ({ at, do: 'radio', radio: pick(), ms })
  const common: Maker[] = [
    ...Array.from({ length: 6 }, (): Maker => (at, ms) => ({ at, do: 'line', faults: noise(draw), ms })),
    (at) => ({ at, do: 'pdpLost' }),
    (at) => ({ at, do: 'moduleReboot' }),
    (at) => ({ at, do: 'moduleHang' }),
    (at) => ({ at, do: 'linksDrop' }),
    (at, ms) => ({ at, do: 'silence', ms: Math.min(ms, 120_000) }),
    radio(() => ({ dns: 'fail' }))
  ]
  // Off it is only where the port can switch it on.
  if (pins.includes('powerKey') || pins.includes('power')) common.push((at) => ({ at, do: 'moduleOff' }))
  if (family === 'esp') return [...common, radio(() => ({ wifi: draw.pick(['no-ap', 'wrong-password', 'timeout'] as const) }))]
  return [
    ...common,
    radio(() => ({ arrears: true })),
    radio(() => ({ sim: draw.pick(['busy', 'busy', 'missing', 'pin', 'failure'] as const) })),
    radio(() => ({ registration: draw.pick([0, 2, 3]), rejectCause: draw.pick([0, 15, 17]), csq: draw.pick([23, 99]) })),
    radio(() => ({ attached: false })),
    radio(() => ({ apnAccepted: false }))
  ]
}

/** The script through a modem of `family`. */
export function addModem(script: Script, draw: Draw, family: ModemSetup['family']): Script {
  const modem: ModemSetup = {
    family, ...wiring(draw, family), registerMs: draw.pick([0, 3000]), quirks: quirks(draw, family),
    ...(draw.chance(0.15) ? { pacing: true } : {}),
    ...(draw.chance(0.3) ? { faults: noise(draw) } : {}),
    ...(draw.chance(0.3) ? { readMax: draw.pick([16, 64, 256]) } : {}),
    ...(draw.chance(0.3) ? { unreadMax: draw.pick([64, 512]) } : {}),
    ...(draw.chance(0.3) ? { signalEvery: draw.pick([0, 5000]) } : {})
  }
  const kinds = makers(draw, modem)
  const events = [...script.events]
  for (let i = draw.pick([0, 1, 2, 3, 5, 8]); i > 0; i--) {
    let at = draw.int(100, script.duration)
    const ms = (): number => draw.logarithmic(50, Math.min(script.duration, 600_000))
    events.push(draw.pick(kinds)(at, ms()))
    // What happens while the last trouble is being healed is what a ladder must bear.
    for (let again = draw.pick([0, 0, 0, 1, 3]); again > 0; again--) {
      at = Math.min(script.duration, at + draw.logarithmic(10, 60_000))
      events.push(draw.pick(kinds)(at, ms()))
    }
  }
  return { ...script, modem, events: events.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at || a.i - b.i).map(({ event }) => event) }
}
