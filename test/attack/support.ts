import type { SimClient } from '../support/harness.js'

/** Counts the slices of a client from now on: each slice feeds the watchdog once. */
export function counted(h: SimClient): () => number {
  const system = h.device.hal.system
  const feed = system.feedWatchdog
  let slices = 0
  system.feedWatchdog = () => {
    slices += 1
    feed()
  }
  return () => slices
}
