/** The optional parts that have little to say: hashes, the bearer, the modem. And the port as a whole. */
import { EMPTY, at } from '../../firmware/bytes.js'
import { HalVersion, type Bytes } from '../hal.js'
import { allValues, pattern } from './pattern.js'
import { ascii, check, endpoint, fail } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

const DIGITS = '0123456789abcdef'
const OPERATIONS = 10000
/** Bytes that the memory in use may grow by over OPERATIONS rounds of calls: the runtime's own needs. */
const GROWTH_BYTES = 50000

function hex(bytes: Bytes): string {
  let text = ''
  for (let i = 0; i < bytes.length; i = i + 1) {
    const low = at(bytes, i) % 16
    const high = (at(bytes, i) - low) / 16
    text = text + DIGITS.substring(high, high + 1) + DIGITS.substring(low, low + 1)
  }
  return text
}

/** FIPS 180-4: "abc", and no bytes. */
function hashes(kit: Kit): Step {
  const crypto = kit.hal.crypto!
  const abc = hex(crypto.hash('sha256', ascii('abc')))
  if (abc !== 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad') return fail(kit, 'SHA-256 of "abc" is ' + abc)
  const none = hex(crypto.hash('sha256', EMPTY))
  return check(kit, none === 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'SHA-256 of no bytes is ' + none)
}

function hashesBytes(kit: Kit): Step {
  const digest = hex(kit.hal.crypto!.hash('sha256', allValues()))
  return check(kit, digest === '40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880', 'SHA-256 of the bytes 0 to 255 is ' + digest)
}

/** RFC 4231, test cases 2 and 6: a short key, and one longer than a block. */
function hmacs(kit: Kit): Step {
  const crypto = kit.hal.crypto!
  const short = hex(crypto.hmac('sha256', ascii('Jefe'), ascii('what do ya want for nothing?')))
  if (short !== '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843') return fail(kit, 'HMAC-SHA-256 of RFC 4231, test case 2, is ' + short)
  let key = ''
  for (let i = 0; i < 131; i = i + 1) key = key + String.fromCharCode(0xaa)
  const long = hex(crypto.hmac('sha256', key as Bytes, ascii('Test Using Larger Than Block-Size Key - Hash Key First')))
  return check(kit, long === '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54', 'HMAC-SHA-256 of RFC 4231, test case 6, is ' + long)
}

function unknownHash(kit: Kit): Step {
  const crypto = kit.hal.crypto!
  if (crypto.hash('no-such-hash', ascii('abc')) !== EMPTY) return fail(kit, 'hash gave bytes for a name that nobody knows')
  return check(kit, crypto.hmac('no-such-hash', ascii('key'), ascii('abc')) === EMPTY, 'hmac gave bytes for a name that nobody knows')
}

function ready(kit: Kit): Step {
  const code = kit.hal.network!.ready()
  return check(kit, code === 0 || code === 1 || (code < 0 && code > -1000), 'ready gave ' + code + '; 1, 0 or a code is right')
}

function reason(kit: Kit): Step {
  const word = kit.hal.network!.reason()
  for (let i = 0; i < word.length; i = i + 1) {
    const code = word.charCodeAt(i)
    if (code < 32 || code > 126) return fail(kit, 'reason gave a text that is not ASCII')
  }
  return check(kit, word.length <= 100, 'reason gave ' + word.length + ' characters')
}

function signal(kit: Kit): Step {
  const dbm = kit.hal.modem!.signal()
  return check(kit, dbm === 0 || (dbm >= -150 && dbm < 0), 'signal gave ' + dbm + '; dBm below 0, or 0 where unknown, is right')
}

function rungs(kit: Kit): Step {
  const count = kit.hal.modem!.rungs()
  if (!(count >= 1 && count <= 16 && count === count - count % 1)) return fail(kit, 'rungs gave ' + count)
  const below = kit.hal.modem!.climb(-1)
  if (below >= 0) return fail(kit, 'climb(-1) returned ' + below + '; a code is right')
  const above = kit.hal.modem!.climb(count)
  return check(kit, above < 0, 'climb(' + count + ') returned ' + above + ' where there are ' + count + ' rungs; a code is right')
}

function identity(kit: Kit): Step {
  const text = kit.hal.modem!.identity()
  return check(kit, text.length >= 0 && text.length <= 200, 'identity gave ' + text.length + ' characters')
}

function version(kit: Kit): Step {
  return check(kit, kit.hal.version === HalVersion.Current, 'version is ' + kit.hal.version + '; 1 is right')
}

function waitsOrWakes(kit: Kit): Step {
  const timer = kit.hal.timer
  if (timer.wait !== undefined) return Step.Done
  return check(kit, timer.onWake !== undefined && timer.wakeAfter !== undefined, 'the timer has neither wait nor onWake with wakeAfter')
}

/** Taken off their records, as the core and Lua call them: none may need its record as `this`. */
function detached(kit: Kit): Step {
  const hal = kit.hal
  const guard = hal.system.guard
  const ticks = hal.timer.ticks
  const since = hal.timer.since
  const id = hal.system.id
  const random = hal.system.random
  const clock = hal.system.wallClock
  const why = hal.system.resetReason
  const feed = hal.system.feedWatchdog
  const utf8 = hal.text.utf8
  const text = hal.text.text
  const code = guard(() => {
    kit.count = since(ticks()) + random() + clock() + id().length + why().length + utf8(text(EMPTY)).length
    feed()
    const storage = hal.storage
    if (storage !== undefined) {
      const get = storage.get
      const limit = storage.sizeLimit
      kit.count = kit.count + get('kit').length + limit()
    }
    const network = hal.network
    if (network !== undefined) {
      const isReady = network.ready
      kit.count = kit.count + isReady()
    }
    const open = hal.socket.open
    kit.sockets.push(open(kit.setup.peer))
    return 1
  }, 0, 0, 0)
  return check(kit, code === 1, 'a member called without its record threw')
}

function cryptoLength(a: Bytes, b: Bytes): number {
  return a.length + b.length
}

/** What must not throw, with arguments from the edge. One failure names the first. */
function edges(kit: Kit): Step {
  const hal = kit.hal
  const guard = hal.system.guard
  const tried = (name: string, fn: (this: void) => unknown): void => {
    kit.code = guard(() => {
      fn()
      return 1
    }, 0, 0, 0)
    if (kit.code !== 1) fail(kit, name + ' threw')
  }
  tried('since(0)', () => hal.timer.since(0))
  tried('text of bytes that are not UTF-8', () => hal.text.text(allValues()))
  tried('open with an empty host and port -1', () => {
    const socket = hal.socket.open(endpoint('', -1))
    kit.sockets.push(socket)
    socket.status()
    socket.read(-1)
    socket.read(1000000000)
    socket.write(EMPTY)
    socket.write(pattern(0, 100))
    socket.close()
    socket.read(10)
    socket.write(pattern(0, 100))
    return socket.unacked() + socket.credit() + socket.pending()
  })
  const wait = hal.timer.wait
  if (wait !== undefined) tried('wait(-1)', () => wait(-1))
  const wakeAfter = hal.timer.wakeAfter
  if (wakeAfter !== undefined) {
    tried('wakeAfter of a handle that does not exist', () => {
      wakeAfter(987654, 10)
      wakeAfter(987654, -1)
      wakeAfter(0, -1)
    })
  }
  const storage = hal.storage
  if (storage !== undefined) {
    tried('storage with an empty key', () => {
      storage.get('')
      storage.set('', EMPTY)
      storage.remove('')
    })
    tried('storage with a key of dots and slashes', () => storage.get('../../x'))
  }
  const crypto = hal.crypto
  if (crypto !== undefined) tried('crypto without a name or a key', () => cryptoLength(crypto.hash('', EMPTY), crypto.hmac('sha256', EMPTY, EMPTY)))
  return kit.seen.length > 0 ? Step.Failed : Step.Done
}

/** The calls that every slice makes, on an idle connection. */
function memory(kit: Kit): Step {
  const used = kit.setup.memory!
  const hal = kit.hal
  if (kit.stage === 0) {
    kit.socket = hal.socket.open(kit.setup.peer)
    kit.sockets.push(kit.socket)
    kit.stage = 1
    return Step.NotYet
  }
  // Once to warm up: what is compiled and cached then stays.
  for (let i = 0; i < OPERATIONS; i = i + 1) {
    kit.total = kit.socket.status() + kit.socket.read(100).length + kit.socket.credit() + kit.socket.pending() + kit.socket.unacked()
    kit.total = kit.total + hal.timer.since(hal.timer.ticks()) + hal.system.random() + hal.text.utf8('topic').length
    hal.system.feedWatchdog()
  }
  const now = used()
  kit.stage = kit.stage + 1
  // The runtime's own growth comes to an end; a leak does not.
  if (kit.stage > 3 && now - kit.mark <= GROWTH_BYTES) return Step.Done
  if (kit.stage < 10) {
    kit.mark = now
    return Step.NotYet
  }
  return check(kit, now - kit.mark <= GROWTH_BYTES, 'the memory in use grew by ' + (now - kit.mark) + ' bytes over ' + OPERATIONS + ' rounds of calls; ' + GROWTH_BYTES + ' are allowed')
}

export const halCases: Case[] = [
  { id: 'hal.version', needs: Need.Nothing, run: version },
  { id: 'hal.waits-or-wakes', needs: Need.Nothing, run: waitsOrWakes },
  { id: 'hal.detached-members', needs: Need.Nothing, run: detached },
  { id: 'hal.no-exceptions', needs: Need.Nothing, run: edges },
  { id: 'hal.memory', needs: Need.Memory, run: memory }
]

export const optionalCases: Case[] = [
  { id: 'crypto.sha256', needs: Need.Crypto, run: hashes },
  { id: 'crypto.binary', needs: Need.Crypto, run: hashesBytes },
  { id: 'crypto.hmac', needs: Need.Crypto, run: hmacs },
  { id: 'crypto.unknown-name', needs: Need.Crypto, run: unknownHash },
  { id: 'network.ready', needs: Need.Network, run: ready },
  { id: 'network.reason', needs: Need.Network, run: reason },
  { id: 'modem.signal', needs: Need.Modem, run: signal },
  { id: 'modem.identity', needs: Need.Modem, run: identity },
  { id: 'modem.rungs', needs: Need.Modem, run: rungs }
]
