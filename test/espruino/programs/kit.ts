/** The conformance kit as it runs under the real interpreter, on the port for boards. */
import { allCases, createRun, runWoken, type Case, type Setup } from '../../../hal/conformance/index.js'
import { espruino } from '../../../hal/espruino/index.js'
import type { Endpoint } from '../../../hal/hal.js'

type Each = (this: void, id: string, outcome: number, seen: string, ms: number) => void

/** Runs the cases `ids`; `each` hears of one after the other. */
export function start(peer: Endpoint, refused: Endpoint, ids: string[], each: Each): void {
  const setup: Setup = { hal: espruino(), peer: peer, refused: refused, bulkBytes: 20000, receiveLimit: 4096, tellsReset: false, holdMs: 20000 }
  const cases: Case[] = []
  for (const one of allCases()) if (ids.length === 0 || ids.indexOf(one.id) >= 0) cases.push(one)
  runWoken(createRun(setup, cases, each))
}
