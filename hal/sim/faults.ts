/**
 * Timed faults from one seed. A plan is plain data: it can be printed, kept in a file, cut down and run again. Numbers
 * are milliseconds unless the name says otherwise; `forMs` is how long a fault holds before things are as they were.
 */
import type { Hal } from '../hal.js'
import type { ModelBroker, StopKind } from './broker/index.js'
import type { Conditions } from './conditions.js'
import type { SimDevice } from './device.js'
import type { Sim } from './index.js'
import type { Random } from './random.js'
import type { CutKind } from './storage.js'

export type Fault = { at: number } & (
  | { kind: 'fin' | 'rst' | 'crash' | 'halfOpenOut' | 'halfOpenIn' | 'address' }
  | { kind: 'disconnect'; reason: number }
  | { kind: 'partition'; direction: 'out' | 'in' | 'both'; forMs: number }
  | { kind: 'loss'; outPercent: number; inPercent: number; rtoMs: number; forMs: number }
  | { kind: 'latency'; latencyMs: number; jitterMs: number; forMs: number }
  | { kind: 'bandwidth'; bytesPerSecond: number; forMs: number }
  | { kind: 'pieces'; bytes: number; forMs: number }
  | { kind: 'shortIo'; percent: number; forMs: number }
  | { kind: 'slowServer'; bytesPerSecond: number; forMs: number }
  | { kind: 'name'; answer: 'fail' | 'hang'; forMs: number }
  | { kind: 'connect'; answer: 'refuse' | 'hang'; forMs: number }
  | { kind: 'idleCut'; idleMs: number; how: 'silent' | 'rst'; forMs: number }
  | { kind: 'refuse'; code: number; count: number }
  | { kind: 'restart'; how: StopKind; downMs: number; keepSessions: boolean }
  | { kind: 'powerCut'; reason: string; offMs: number }
  | { kind: 'cutAtWrite'; nthWrite: number; keptBytes: number; how: CutKind; offMs: number }
  | { kind: 'storageFails'; writes: number }
  | { kind: 'storageFull'; bytes: number; forMs: number }
  | { kind: 'bearer'; forMs: number }
)

export type FaultKind = Fault['kind']

type Body<K extends FaultKind> = Omit<Extract<Fault, { kind: K }>, 'at' | 'kind'>
const CUTS: readonly CutKind[] = ['short', 'old', 'mixed', 'garbage']

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.int(0, list.length - 1)]!
}

/** From 10 ms to `max`, short ones as often as long ones of the next size: each factor of 10 is as likely as the other. */
function span(random: Random, max: number): number {
  return Math.round(10 * (max / 10) ** random.next())
}

/** How each kind draws its numbers. */
const DRAW: { [K in FaultKind]: (random: Random) => Body<K> } = {
  fin: () => ({}),
  rst: () => ({}),
  crash: () => ({}),
  halfOpenOut: () => ({}),
  halfOpenIn: () => ({}),
  address: () => ({}),
  disconnect: (r) => ({ reason: pick(r, [0x80, 0x81, 0x89, 0x8b, 0x8d, 0x8e, 0x97, 0x98, 0x9c]) }),
  partition: (r) => ({ direction: pick(r, ['out', 'in', 'both'] as const), forMs: span(r, 300000) }),
  loss: (r) => ({ outPercent: r.int(0, 60), inPercent: r.int(0, 60), rtoMs: r.int(200, 3000), forMs: span(r, 300000) }),
  latency: (r) => ({ latencyMs: span(r, 5000), jitterMs: span(r, 2000), forMs: span(r, 300000) }),
  bandwidth: (r) => ({ bytesPerSecond: span(r, 10000), forMs: span(r, 60000) }),
  pieces: (r) => ({ bytes: r.int(1, 16), forMs: span(r, 60000) }),
  shortIo: (r) => ({ percent: r.int(10, 100), forMs: span(r, 60000) }),
  slowServer: (r) => ({ bytesPerSecond: span(r, 2000), forMs: span(r, 60000) }),
  name: (r) => ({ answer: pick(r, ['fail', 'hang'] as const), forMs: span(r, 120000) }),
  connect: (r) => ({ answer: pick(r, ['refuse', 'hang'] as const), forMs: span(r, 120000) }),
  idleCut: (r) => ({ idleMs: r.int(5000, 300000), how: pick(r, ['silent', 'rst'] as const), forMs: span(r, 3600000) }),
  refuse: (r) => ({ code: pick(r, [0x86, 0x87, 0x88, 0x89, 0x97]), count: r.int(1, 3) }),
  restart: (r) => ({ how: pick(r, ['fin', 'rst', 'silent'] as const), downMs: span(r, 60000), keepSessions: r.chance(0.5) }),
  powerCut: (r) => ({ reason: pick(r, ['power-on', 'watchdog', 'brown-out', 'software']), offMs: span(r, 60000) }),
  cutAtWrite: (r) => ({ nthWrite: r.int(1, 20), keptBytes: r.int(0, 200), how: pick(r, CUTS), offMs: span(r, 60000) }),
  storageFails: (r) => ({ writes: r.int(1, 5) }),
  storageFull: (r) => ({ bytes: r.int(0, 4096), forMs: span(r, 60000) }),
  bearer: (r) => ({ forMs: span(r, 120000) })
}

/** Every kind, in a fixed order. */
export const FAULT_KINDS = Object.keys(DRAW) as FaultKind[]

export interface PlanOptions {
  /** Length of the time in which faults begin. */
  durationMs: number
  /** Faults an hour, on average. */
  rate: number
  /** Which; every kind when absent. */
  kinds?: readonly FaultKind[]
}

/** Faults at times by chance, in the order of their times. The same stream gives the same plan. */
export function faultPlan(random: Random, { durationMs, rate, kinds = FAULT_KINDS }: PlanOptions): Fault[] {
  const plan: Fault[] = []
  const meanMs = 3600000 / rate
  let at = 0
  if (kinds.length === 0 || !(rate > 0)) return plan
  for (;;) {
    // Times between independent events: exponential.
    at += Math.max(1, Math.round(-Math.log(1 - random.next()) * meanMs))
    if (at >= durationMs) return plan
    const kind = pick(random, kinds)
    plan.push({ at, kind, ...DRAW[kind](random) } as Fault)
  }
}

/** What a fault changed, for its end: several of one kind may overlap, and the last one to end puts things back. */
const holding = new WeakMap<Sim, Map<string, { count: number; undo: () => void }>>()

function hold(sim: Sim, key: string, forMs: number, apply: () => () => void): void {
  const all = holding.get(sim) ?? new Map<string, { count: number; undo: () => void }>()
  holding.set(sim, all)
  const there = all.get(key)
  if (there === undefined) all.set(key, { count: 1, undo: apply() })
  else {
    there.count += 1
    apply()
  }
  sim.after(forMs, () => {
    const entry = all.get(key)!
    entry.count -= 1
    if (entry.count > 0) return
    all.delete(key)
    entry.undo()
  })
}

function conditions(sim: Sim, kind: FaultKind, forMs: number, changed: Partial<Conditions>): void {
  hold(sim, kind, forMs, () => {
    const now = sim.network.conditions()
    const before: Partial<Record<keyof Conditions, unknown>> = {}
    for (const name of Object.keys(changed) as (keyof Conditions)[]) before[name] = now[name]
    sim.network.set(changed)
    return () => sim.network.set(before as Partial<Conditions>)
  })
}

/**
 * Does a fault now, whatever its `at` says.
 * @param onReboot starts the program again on the fresh port after a power cut; without it the device stays dark.
 */
export function applyFault(sim: Sim, broker: ModelBroker, device: SimDevice, fault: Fault, onReboot?: (hal: Hal) => void): void {
  const { network } = sim
  const { host } = broker.options
  const links = [...broker.core.links]
  const comeBack = (offMs: number): void => {
    if (onReboot === undefined) return
    device.onPowerCut = () => {
      sim.after(offMs, () => {
        if (!device.powered) onReboot(device.reboot())
      })
    }
  }
  switch (fault.kind) {
    case 'fin': return links.forEach((link) => link.close('kicked'))
    case 'rst': return links.forEach((link) => link.close('kicked', true))
    case 'crash': return links.forEach((link) => {
      link.connection.crash()
      link.ended('kicked')
    })
    case 'disconnect': return links.forEach((link) => link.refuse(fault.reason, 'kicked'))
    case 'halfOpenOut': return links.forEach((link) => link.connection.halfOpen('out'))
    case 'halfOpenIn': return links.forEach((link) => link.connection.halfOpen('in'))
    case 'address': return device.changeAddress()
    case 'partition': return hold(sim, fault.kind, fault.forMs, () => {
      network.partition(fault.direction, host)
      return () => network.partition('none', host)
    })
    case 'loss': return conditions(sim, fault.kind, fault.forMs, { lossOut: fault.outPercent / 100, lossIn: fault.inPercent / 100, rtoMs: fault.rtoMs })
    case 'latency': return conditions(sim, fault.kind, fault.forMs, { latencyMs: fault.latencyMs, jitterMs: fault.jitterMs })
    case 'bandwidth': return conditions(sim, fault.kind, fault.forMs, { bandwidth: fault.bytesPerSecond })
    case 'pieces': return conditions(sim, fault.kind, fault.forMs, { piecesIn: fault.bytes, piecesOut: fault.bytes })
    case 'shortIo': return conditions(sim, fault.kind, fault.forMs, { shortWriteChance: fault.percent / 100, shortReadChance: fault.percent / 100 })
    case 'slowServer':
      for (const { connection } of links) {
        connection.slowRead(fault.bytesPerSecond)
        connection.after(fault.forMs, () => connection.stall(false))
      }
      return
    case 'name': return hold(sim, fault.kind, fault.forMs, () => {
      network.name(host, fault.answer)
      return () => network.name(host, 'ok')
    })
    case 'connect': return hold(sim, fault.kind, fault.forMs, () => {
      broker.listener.connect(fault.answer)
      return () => {
        if (broker.isRunning) broker.listener.connect('accept')
      }
    })
    case 'idleCut': return hold(sim, fault.kind, fault.forMs, () => {
      network.idleCut(fault.idleMs, fault.how)
      return () => network.idleCut(0)
    })
    case 'refuse': return broker.refuseNext(fault.code, fault.count)
    case 'restart': return broker.restart({ how: fault.how, downMs: fault.downMs, keepSessions: fault.keepSessions })
    case 'powerCut':
      comeBack(fault.offMs)
      return device.powerCut(fault.reason)
    case 'cutAtWrite':
      comeBack(fault.offMs)
      return device.storage.cut(fault.nthWrite, fault.keptBytes, fault.how)
    case 'storageFails': return device.storage.fail(fault.writes)
    case 'storageFull': return hold(sim, fault.kind, fault.forMs, () => {
      device.storage.full(fault.bytes)
      return () => device.storage.full(Infinity)
    })
    case 'bearer': return hold(sim, fault.kind, fault.forMs, () => {
      device.setBearer(0, 'fault')
      return () => device.setBearer(1)
    })
  }
}

/** Puts a whole plan on the clock, from now on. */
export function runPlan(sim: Sim, broker: ModelBroker, device: SimDevice, plan: readonly Fault[], onReboot?: (hal: Hal) => void): void {
  for (const fault of plan) {
    sim.after(fault.at, () => {
      sim.trace.event(sim.now, 0, `fault ${JSON.stringify(fault)}`)
      applyFault(sim, broker, device, fault, onReboot)
    })
  }
}
