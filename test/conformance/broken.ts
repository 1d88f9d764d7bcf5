/**
 * A deliberately broken port for each case of the conformance kit: hal/sim with one fault. The table is the proof that
 * every case can fail.
 */
import { LinkCode, type Bytes, type Code, type Endpoint, type Hal, type Socket } from '../../hal/hal.js'
import { crypto } from '../../hal/host/crypto.js'
import type { Setup } from '../../hal/conformance/index.js'
import type { Sim } from '../../hal/sim/index.js'

/** Changes a good port into one with a fault. */
export type Fault = (hal: Hal, setup: Setup, sim: Sim) => void

const NONE = '' as Bytes

/** What every fault starts from: hal/sim, with the optional parts that it does not have. */
export function wholePort(setup: Setup): Setup {
  const hal: Hal = {
    ...setup.hal, socket: { ...setup.hal.socket }, timer: { ...setup.hal.timer }, system: { ...setup.hal.system }, text: { ...setup.hal.text },
    storage: { ...setup.hal.storage! }, network: { ...setup.hal.network! }, crypto: { ...crypto },
    modem: { signal: () => -70, identity: () => 'model', rungs: () => 7, climb: (rung) => (rung >= 0 && rung < 7 ? 0 : LinkCode.Unsupported) }
  }
  return { ...setup, hal }
}

/** Members of every socket replaced: `make` gets the good one. */
function sockets(make: (good: Socket, endpoint: Endpoint) => Partial<Socket>): Fault {
  return (hal) => {
    const open = hal.socket.open
    hal.socket.open = (endpoint) => {
      const good = open(endpoint)
      const bad = make(good, endpoint)
      return {
        status: () => (bad.status ?? good.status).call(bad.status ? bad : good), read: (max) => bad.read ? bad.read(max) : good.read(max),
        write: (bytes) => bad.write ? bad.write(bytes) : good.write(bytes), credit: () => bad.credit ? bad.credit() : good.credit(),
        pending: () => bad.pending ? bad.pending() : good.pending(), unacked: () => bad.unacked ? bad.unacked() : good.unacked(),
        close: () => { if (bad.close) bad.close(); else good.close() }
      }
    }
  }
}

function part<P extends 'timer' | 'system' | 'text' | 'storage' | 'crypto' | 'network' | 'modem'>(name: P, make: (good: NonNullable<Hal[P]>) => Partial<NonNullable<Hal[P]>>): Fault {
  return (hal) => { Object.assign(hal[name]!, make({ ...hal[name]! })) }
}

/** A status of the port's own in place of one of the contract's. */
const status = (from: Code, to: Code): Fault => sockets((good) => ({ status: () => (good.status() === from ? to : good.status()) }))
/** Every byte that is read, or written, changed. */
const readsAs = (change: (bytes: Bytes) => string): Fault => sockets((good) => ({ read: (max) => change(good.read(max)) as Bytes }))
const strip = (bytes: string): string => bytes.replace(/[\x80-\xff]/g, '?')
/** Loses the second of two writes. */
const losesWrites = sockets((good) => { let n = 0; return { write: (bytes) => (n++ % 2 === 1 ? bytes.length : good.write(bytes)) } })
const swallows = sockets((good) => ({ write: (bytes) => { const n = good.write(bytes); return n < 0 ? n : bytes.length } }))
const drops = sockets((good) => { let n = 0; return { read: (max) => { const b = good.read(max); n += b.length; return n > 20 ? b.slice(1) as Bytes : b } } })
const asleep = part('timer', (good) => ({ wait: (ms) => { const from = good.ticks(); while (good.since(from) < ms) good.wait!(ms - good.since(from)); return 0 } }))
const endsEarly = sockets((good) => { let over = false; return { status: () => { if (good.pending() > 0 && good.pending() < 250) over = true; return over ? LinkCode.Closed : good.status() } } })
const neverCloses = sockets((good) => { let c = false; return { close: () => { c = true }, status: () => (c ? LinkCode.Closed : good.status()) } })
/** The handles that are woken by `wakeAfter` alone, never for an event. */
const deaf = part('timer', (good) => ({
  onWake: (fn) => { let due = false; const h = good.onWake!(() => { if (due) { due = false; fn() } }); asked.set(h, () => { due = true }); return h },
  wakeAfter: (h, ms) => { asked.get(h)?.(); good.wakeAfter!(h, ms) }
}))
const asked = new Map<number, () => void>()

/** The kit's own handle, which is the first, stays good. */
function handles(make: (good: Hal['timer'], fn: () => void) => Partial<Hal['timer']>): Fault {
  return part('timer', (good) => {
    let first = 0
    const fns = new Map<number, () => void>()
    return {
      onWake: (fn) => {
        const handle = good.onWake!(fn)
        if (first === 0) first = handle
        fns.set(handle, fn)
        return handle
      },
      wakeAfter: (handle, ms) => {
        if (handle === first) good.wakeAfter!(handle, ms)
        else make(good, fns.get(handle) ?? (() => {})).wakeAfter!(handle, ms)
      }
    }
  })
}
const noWakes = handles(() => ({ wakeAfter: () => {} }))
const noCancel = handles((good) => ({ wakeAfter: (h, ms) => { if (ms >= 0) good.wakeAfter!(h, ms) } }))
const early = handles((good) => ({ wakeAfter: (h, ms) => { good.wakeAfter!(h, ms < 0 ? ms : 1) } }))
const atOnce = handles((good, fn) => ({ wakeAfter: (h, ms) => { if (ms === 0) fn(); else good.wakeAfter!(h, ms) } }))
const guard = (result: (code: Code) => Code): Fault => part('system', (good) => ({ guard: (fn, a, b, c) => result(good.guard(fn, a, b, c)) }))
const notExact = part('storage', (good) => ({ get: (key) => strip(good.get(key)).slice(0, 60) as Bytes }))
const forgets = part('storage', () => ({ set: () => 0 }))

export const FAULTS: Record<string, Fault> = {
  'hal.version': (hal) => { hal.version = 2 },
  'hal.waits-or-wakes': (hal) => { delete hal.timer.wakeAfter; delete hal.timer.onWake; delete hal.timer.wait },
  'hal.detached-members': (hal) => { hal.system.random = function (this: unknown) { return (this as { seed: number }).seed } as () => number },
  'hal.no-exceptions': part('text', () => ({ text: () => { throw new Error('broken') } })),
  'hal.memory': (hal, setup) => { const kept: unknown[] = []; let n = 0; const random = hal.system.random; hal.system.random = () => { kept.push([n += 1, 2, 3, 4]); return random() }; void setup },
  'system.id': part('system', () => ({ id: () => 'a b' })),
  'system.id-stable': part('system', () => { let n = 0; return { id: () => `id${n += 1}` } }),
  'system.id-after-restart': (hal, setup) => { const again = setup.restarted!; setup.restarted = () => { const h = again(); return { ...h, system: { ...h.system, id: () => 'other' } } }; void hal },
  'system.random-range': part('system', (good) => ({ random: () => good.random() * 2 })),
  'system.random-spread': part('system', (good) => ({ random: () => good.random() % 128 })),
  'system.random-after-restart': (hal, setup) => { setup.restarted = () => ({ ...hal, system: { ...hal.system, random: () => 7 } }); hal.system.random = () => 7 },
  'system.wall-clock': part('system', () => ({ wallClock: () => 86400 })),
  'system.wall-clock-runs': part('system', () => ({ wallClock: () => 1800000000 })),
  'system.reset-reason': part('system', () => ({ resetReason: () => 'POWERON_RESET' })),
  'system.watchdog': (hal, _setup, sim) => { hal.system.feedWatchdog = () => { sim.advance(10) } },
  'system.guard-numbers': guard(() => 0),
  'system.guard-nothing': part('system', () => ({ guard: (fn, a, b, c) => fn(a, b, c) as Code })),
  'system.guard-throws': guard((code) => (code === -38 ? -1 : code)),
  'system.guard-arguments': part('system', (good) => ({ guard: (fn, a, b) => good.guard(fn, a, b, undefined) })),
  'system.guard-nested': part('system', (good) => { let depth = 0; return { guard: (fn, a, b, c) => { depth += 1; const r = depth > 1 ? -37 : good.guard(fn, a, b, c); depth -= 1; return r } } }),
  'text.ascii': part('text', (good) => ({ utf8: (t) => good.utf8(t.trim() + ' ') })),
  'text.two-and-three-bytes': part('text', () => ({ utf8: (t) => strip(t) as Bytes })),
  'text.four-bytes': part('text', (good) => ({ utf8: (t) => [...t.split('')].map((c) => good.utf8(c)).join('') as Bytes })),
  'text.byte-order-mark': part('text', (good) => ({ text: (b) => good.text(b).replace(/^\ufeff/, '') })),
  'text.long': part('text', (good) => ({ utf8: (t) => good.utf8(t).slice(0, 4096) as Bytes })),
  'text.own-form': part('text', () => ({ utf8: (t) => t as Bytes, text: (b) => b })),
  'text.lone-surrogate': part('text', (good) => ({ utf8: (t) => good.utf8(t.replace(/\p{Surrogate}/gu, '\ufffd')) })),
  'timer.since-now': part('timer', (good) => ({ since: (t0) => good.since(t0) + 5000 })),
  'timer.whole-milliseconds': part('timer', (good) => ({ since: (t0) => good.since(t0) + 0.5 })),
  'timer.rate': part('timer', (good) => ({ since: (t0) => Math.floor(good.since(t0) / 2) })),
  'timer.never-back': part('timer', (good) => { let n = 0; return { since: (t0) => good.since(t0) + (n++ % 7) } }),
  'timer.stamps-agree': part('timer', (good) => ({ since: (t0) => Math.min(200, good.since(t0)) })),
  'timer.wrap': (hal, setup) => { const wrapping = setup.wrapping!; setup.wrapping = () => { const h = wrapping(); return { ...h, timer: { ...h.timer, since: (t0) => h.timer.ticks() - t0 } } }; void hal },
  'timer.stamps-across-the-wrap': (hal, setup) => { const wrapping = setup.wrapping!; setup.wrapping = () => { const h = wrapping(); return { ...h, timer: { ...h.timer, since: (t0) => h.timer.ticks() - t0 } } }; void hal },
  'wait.zero': part('timer', (good) => ({ wait: (ms) => good.wait!(ms === 0 ? 1000 : ms) })),
  'wait.sleeps': part('timer', (good) => ({ wait: (ms) => good.wait!(Math.min(ms, 10)) })),
  'wait.not-late': part('timer', (good) => ({ wait: (ms) => good.wait!(ms * 2) })),
  'wait.ends-on-data': asleep, 'wait.ends-on-open': asleep, 'wait.ends-on-refusal': asleep, 'wait.ends-on-end': asleep, 'wait.ends-on-credit': asleep, 'wait.remembers': asleep,
  'wait.after-close': part('timer', (good) => ({ wait: (ms) => { const code = good.wait!(ms); return ms === 100 ? LinkCode.Closed : code } })),
  'wait.drives-a-transfer': asleep,
  'wake.handles-distinct': part('timer', (good) => { let n = 0; return { onWake: (fn) => { const h = good.onWake!(fn); return n++ < 1 ? h : 2 } } }),
  'wake.fires': noWakes, 'wake.zero': noWakes, 'wake.moves-sooner': noWakes, 'wake.rearms': noWakes, 'wake.many': noWakes, 'wake.handles-freed': noWakes, 'wake.cancels-one': noWakes,
  'wake.once': handles((good, fn) => ({ wakeAfter: (h, ms) => { good.wakeAfter!(h, ms); if (ms > 0) fn() } })),
  'wake.not-from-within': atOnce, 'wake.not-reentrant': atOnce,
  'wake.moves-later': early, 'wake.never': early, 'wake.far': early,
  'wake.cancels': noCancel, 'wake.cancels-for-data': noCancel, 'wake.cancels-itself': noCancel,
  'wake.for-data': deaf, 'wake.for-open': deaf, 'wake.for-end': deaf, 'wake.for-credit': deaf, 'wake.every-handle': deaf,
  'socket.open-at-once': (hal, _setup, sim) => { const open = hal.socket.open; hal.socket.open = (e) => { sim.advance(1000); return open(e) } },
  'socket.always-a-socket': (hal) => { const open = hal.socket.open; hal.socket.open = (e) => (e.port === 0 ? undefined as unknown as Socket : open(e)) },
  'socket.quiet-while-opening': sockets((good) => ({ write: (b) => (good.status() === 0 ? b.length : good.write(b)) })),
  'socket.opens': status(1, 0),
  'socket.refused': status(LinkCode.TcpRefused, LinkCode.TcpFailed),
  'socket.unknown-name': status(LinkCode.DnsFailed, LinkCode.TcpFailed),
  'socket.no-answer': sockets((good, e) => (e.port === 1885 ? { status: () => 1 } : { status: () => good.status() })),
  'socket.failure-stays': sockets((good) => { let n = 0; return { status: () => (good.status() < 0 && n++ > 2 ? LinkCode.Closed : good.status()) } }),
  'socket.websocket': (hal) => { const open = hal.socket.open; hal.socket.open = ({ host, port }) => open({ host, port }) },
  'socket.tls': (hal) => { const open = hal.socket.open; hal.socket.open = ({ host, port }) => open({ host, port }) },
  'socket.known-status': status(LinkCode.Closed, -5),
  'socket.close-while-opening': sockets((good) => ({ close: () => { if (good.status() !== 0) good.close() } })),
  'socket.reopen': neverCloses, 'socket.reopen-failed': neverCloses,
  'socket.two-at-once': (hal) => { const open = hal.socket.open; let one: Socket | undefined; hal.socket.open = (e) => { one ??= open(e); return one } },
  'socket.none-free': status(LinkCode.NoSocket, LinkCode.TcpFailed),
  'write.exact': sockets((good) => ({ write: (b) => good.write(b.slice(0, 3) as Bytes) })),
  'write.all-values': sockets((good) => ({ write: (b) => good.write(strip(b) as Bytes) })),
  'write.one-byte-pieces': losesWrites, 'write.large': swallows,
  'write.nothing': sockets((good) => ({ write: (b) => { if (b === '') good.close(); return good.write(b) } })),
  'write.first-bytes': sockets((good) => ({ write: (b) => good.write(b.slice(-Math.min(b.length, good.credit())) as Bytes) })),
  'write.within-credit': swallows, 'write.bounded': swallows,
  'write.takes-promised': sockets((good) => ({ write: (b) => good.write(b.slice(0, 100) as Bytes) })),
  'write.full-takes-zero': sockets((good) => ({ write: (b) => { const n = good.write(b); return n === 0 ? LinkCode.TcpTimeout : n } })),
  'write.credit-falls': sockets((good) => ({ credit: () => Math.max(1, good.credit()) })),
  'write.credit-returns': sockets((good) => { let full = false; return { credit: () => { if (good.credit() === 0 && good.status() === 1) full = true; return full ? 0 : good.credit() } } }),
  'write.after-close': sockets((good) => ({ write: (b) => Math.max(0, good.write(b)) })),
  'write.after-peer-closed': sockets((good) => ({ write: (b) => Math.max(0, good.write(b)) })),
  'write.flushed-by-close': sockets((good) => { let last = 0; return { write: (b) => { last = b.length; return b.length === 200 ? 200 : good.write(b) }, close: () => { void last; good.close() } } }),
  'write.unacked': sockets(() => { let n = 0; return { unacked: () => n += 1 } }),
  'write.unacked-stalled': sockets(() => ({ unacked: () => 0 })),
  'read.nothing': sockets((good) => ({ pending: () => good.pending() + 1 })),
  'read.first-bytes': sockets((good) => { let lost = false; return { read: (max) => { const b = good.read(max); if (lost || b === NONE) return b; lost = true; return NONE } } }),
  'read.all-values': readsAs(strip), 'read.control-characters': readsAs((b) => b.replace(/[\r\n\0]/g, ' ')),
  'read.one-byte-pieces': drops, 'read.large': drops, 'read.both-ways': drops, 'read.slow-reader': drops, 'read.at-most': sockets((good) => ({ read: (max) => good.read(max + 1) })),
  'read.zero': sockets((good) => ({ read: (max) => good.read(max === 0 ? 100 : max) })),
  'read.pending': sockets((good) => ({ pending: () => (good.pending() > 149 ? 150 : good.pending() + 2) })),
  'read.held-back': (hal, setup) => { setup.receiveLimit = 1000; void hal },
  'read.fin-after-data': endsEarly, 'read.fin-late-reader': endsEarly,
  'read.fin-alone': status(LinkCode.Closed, 1),
  'read.quiet-is-not-the-end': sockets((good) => { let n = 0; return { read: (max) => { n += 1; return good.read(max) }, status: () => (n > 4 ? LinkCode.Closed : good.status()) } }),
  'read.reset': status(LinkCode.Reset, LinkCode.Closed),
  'read.reset-while-writing': sockets((good) => ({ write: (b) => Math.max(0, good.write(b)) })),
  'close.twice': sockets((good) => { let n = 0; return { close: () => { n += 1; good.close() }, status: () => (n > 1 ? LinkCode.TcpFailed : good.status()) } }),
  'close.status': status(LinkCode.Closed, LinkCode.TcpFailed),
  'close.keeps-the-cause': sockets((good) => { let c = false; return { close: () => { c = true; good.close() }, status: () => (c ? LinkCode.Closed : good.status()) } }),
  'close.silences': sockets((good) => { let c = false; return { close: () => { c = true; good.close() }, pending: () => (c ? 300 : good.pending()) } }),
  'close.tells-the-peer': neverCloses, 'close.tells-the-peer-unread': neverCloses, 'close.half-closed': neverCloses,
  'close.next-connection-clean': (hal) => { let left = NONE; sockets((good) => { const own = left; left = NONE; let first = own; return { close: () => { left = good.read(50); good.close() }, read: (max) => { const b = first; first = NONE; return b === NONE ? good.read(max) : b } } })(hal, {} as Setup, {} as Sim) },
  'close.leaves-others': (hal) => { const all: Socket[] = []; const open = hal.socket.open; sockets((good) => { all.push(good); return { close: () => { for (const one of all) one.close() } } })(hal, {} as Setup, {} as Sim); void open },
  'close.in-a-wake': sockets((good) => { let c = 0; return { close: () => { c += 1; if (c > 1) good.close() } } }),
  'storage.absent': part('storage', (good) => ({ get: (key) => (good.get(key) === NONE ? 'nil' as Bytes : good.get(key)) })),
  'storage.set-and-get': forgets,
  'storage.overwrite': part('storage', (good) => ({ set: (k, b) => good.set(k, (b + good.get(k).slice(b.length)) as Bytes) })),
  'storage.all-values': notExact, 'storage.large-value': notExact,
  'storage.empty-value': part('storage', (good) => ({ set: (k, b) => (b === NONE ? 0 : good.set(k, b)) })),
  'storage.remove': part('storage', () => ({ remove: () => 0 })),
  'storage.many-keys': part('storage', (good) => ({ get: () => good.get('k'), set: (_, b) => good.set('k', b) })),
  'storage.keys-distinct': part('storage', (good) => ({ get: (k) => good.get(k.toLowerCase()), set: (k, b) => good.set(k.toLowerCase(), b) })),
  'storage.too-large': part('storage', (good) => ({ set: (k, b) => { const code = good.set(k, b); if (code < 0) good.remove(k); return code } })),
  'storage.often': part('storage', (good) => { let n = 0; return { set: (k, b) => (n++ > 30 ? LinkCode.StorageFailed : good.set(k, b)) } }),
  'storage.after-restart': (hal, setup) => { const again = setup.restarted!; setup.restarted = () => { const h = again(); return { ...h, storage: { ...h.storage!, get: () => NONE } } }; void hal },
  'crypto.sha256': part('crypto', (good) => ({ hash: (n, b) => Buffer.from(good.hash(n, b), 'latin1').toString('hex') as Bytes })),
  'crypto.binary': part('crypto', (good) => ({ hash: (n, b) => good.hash(n, strip(b) as Bytes) })),
  'crypto.hmac': part('crypto', (good) => ({ hmac: (n, k, b) => good.hmac(n, k.slice(0, 64) as Bytes, b) })),
  'crypto.unknown-name': part('crypto', (good) => ({ hash: (n, b) => good.hash(n === 'no-such-hash' ? 'md5' : n, b) })),
  'network.ready': part('network', () => ({ ready: () => 5 })),
  'network.reason': part('network', () => ({ reason: () => 'caf\u00e9' })),
  'modem.signal': part('modem', () => ({ signal: () => 21 })),
  'modem.identity': part('modem', () => ({ identity: () => 'x'.repeat(1000) })),
  'modem.rungs': part('modem', () => ({ climb: () => 0 }))
}
