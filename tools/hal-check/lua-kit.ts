/** The conformance kit as Lua runs it: on the ports of Lua, each in a process of its own. */
import { allCases, createRun, runWaiting, type Case, type Setup } from '../../hal/conformance/index.js'

type Each = (this: void, id: string, outcome: number, seen: string, ms: number) => void

/** Runs the cases `ids` on the port of `setup`; `each` hears of one after the other. */
export function start(setup: Setup, ids: string[], each: Each): void {
  const cases: Case[] = []
  for (const one of allCases()) if (ids.indexOf(one.id) >= 0) cases.push(one)
  runWaiting(createRun(setup, cases, each))
}
