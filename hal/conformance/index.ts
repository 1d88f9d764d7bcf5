/** The conformance kit as a device carries it: the cases, and what runs them. */
import { closeCases } from './socket-close.js'
import { openCases } from './socket-open.js'
import { readCases } from './socket-read.js'
import { writeCases } from './socket-write.js'
import type { Case } from './types.js'

export { advance, createRun, has, runWaiting, runWoken, type Run } from './run.js'
export type { Case, Kit, Report, Setup } from './types.js'
export { Need, Step } from './types.js'

/** By part, so that a board with little memory can load some of them. */
export { closeCases, openCases, readCases, writeCases }

/** Every case, in the order in which they run. */
export function allCases(): Case[] {
  const all: Case[] = []
  for (const part of [openCases, writeCases, readCases, closeCases]) {
    for (const one of part) all.push(one)
  }
  return all
}
