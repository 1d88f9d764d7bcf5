/** How much goes wrong on an emulated line, by a word. One seed and the same bytes from the host give the same faults. */
import type { Faults } from '../../hal/sim/modem/index.js'

/** `light`: what a driver sees every day. `heavy`: all of it, often, and bytes that are lost or come twice, as on a line without flow control. */
export const FAULT_LEVELS: Readonly<Record<string, Partial<Faults>>> = {
  none: {},
  light: { chunks: [1, 7, 64, 3], chunkGapMs: 3, unsolicited: 0.05, lateFinal: 0.02, promptUrc: 0.02, doubledLineEnd: 0.01 },
  heavy: {
    chunks: 1, chunkGapMs: 1, unsolicited: 0.25, lateFinal: 0.1, promptUrc: 0.2, doubledLineEnd: 0.1, sendFail: 0.05,
    loseIn: 0.0005, loseOut: 0.0005, doubleIn: 0.0005, doubleOut: 0.0005
  }
}
