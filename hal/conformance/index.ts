/** The conformance kit as a device carries it: the cases, and what runs them. */
import { halCases, optionalCases } from './parts.js'
import { closeCases } from './socket-close.js'
import { openCases } from './socket-open.js'
import { readCases } from './socket-read.js'
import { writeCases } from './socket-write.js'
import { storageCases } from './storage.js'
import { systemCases } from './system.js'
import { textCases } from './text.js'
import { timerCases } from './timer.js'
import type { Case } from './types.js'
import { waitCases } from './wait.js'
import { wakeCases } from './wake.js'

export { advance, createRun, has, runWaiting, runWoken, type Run } from './run.js'
export type { Case, Kit, Report, Setup } from './types.js'
export { Need, Step } from './types.js'

/** By part, so that a board with little memory can load some of them. */
export { closeCases, halCases, openCases, optionalCases, readCases, storageCases, systemCases, textCases, timerCases, waitCases, wakeCases, writeCases }

/** Every case, in the order in which they run: what others stand on comes first. */
export function allCases(): Case[] {
  const all: Case[] = []
  const parts = [halCases, systemCases, textCases, timerCases, waitCases, wakeCases, openCases, writeCases, readCases, closeCases, storageCases, optionalCases]
  for (const part of parts) {
    for (const one of part) all.push(one)
  }
  return all
}
