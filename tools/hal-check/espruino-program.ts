/** The port for Espruino with all its parts, and the conformance kit: what runs in the stand-in and under the real interpreter. */
import { allCases, createRun, runWoken, type Case } from '../../hal/conformance/index.js'
import { crypto } from '../../hal/espruino/crypto.js'
import { device } from '../../hal/espruino/device.js'
import { espruino } from '../../hal/espruino/index.js'
import { storage } from '../../hal/espruino/storage.js'
import { wifi } from '../../hal/espruino/wifi.js'
import type { Endpoint } from '../../hal/hal.js'

export { crypto, device, espruino, storage, wifi }

type Each = (this: void, id: string, outcome: number, seen: string, ms: number) => void

/** Runs the cases `ids` on this interpreter; `each` hears of one after the other. */
export function start(peer: Endpoint, refused: Endpoint, ids: string[], each: Each): void {
  const cases: Case[] = []
  for (const one of allCases()) if (ids.indexOf(one.id) >= 0) cases.push(one)
  runWoken(createRun({
    hal: espruino({ storage: storage(), crypto: crypto() }), peer: peer, refused: refused, bulkBytes: 20000, receiveLimit: 4096,
    // On Linux the interpreter takes an error of recv() for an end, and needs seconds to fill the buffers of both systems.
    tellsReset: false, holdMs: 40000, toleranceMs: 1000
  }, cases, each))
}
