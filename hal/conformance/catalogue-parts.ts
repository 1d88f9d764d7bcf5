/** The texts of the cases that are not about sockets; see catalogue.ts. */
import type { Entry } from './catalogue.js'

export const PART_ENTRIES: Record<string, Entry> = {
  'hal.version': {
    title: 'The port says which version of the HAL it implements.',
    why: 'The client refuses to start with HalVersion.' },
  'hal.waits-or-wakes': {
    title: 'The timer has wait, or onWake with wakeAfter.',
    why: 'Nothing would ever run the client.' },
  'hal.detached-members': {
    title: 'Every member of a part works without its record.',
    why: 'Lua and the core call members as plain functions; one that needs "this" crashes there.' },
  'hal.no-exceptions': {
    title: 'No member throws, whatever it is given.',
    why: 'The core has no handler: an exception restarts a module.' },
  'hal.memory': {
    title: '10,000 rounds of the calls that every slice makes leave no memory behind.',
    why: 'A leak of some bytes a slice ends the device within days.' },
  'system.id': {
    title: 'The id is known within ten seconds, and has 1 to 64 letters and digits.',
    why: 'It becomes the client id; other characters are refused by brokers.' },
  'system.id-stable': {
    title: 'The id is the same at every call.',
    why: 'The session on the server would be lost at the next reconnect.' },
  'system.id-after-restart': {
    title: 'The id is the same after a restart.',
    why: 'The session, and with it what was sent while the device was off, would be lost.' },
  'system.random-range': {
    title: 'random gives whole numbers of 0 to 32767.',
    why: 'Delays and ids computed from it would leave their range.' },
  'system.random-spread': {
    title: 'random uses its whole range, and does not repeat itself.',
    why: 'Backoff without spread: all devices come back in the same second.' },
  'system.random-after-restart': {
    title: 'random starts elsewhere after a restart.',
    why: 'Packet ids and delays would repeat after each boot.' },
  'system.wall-clock': {
    title: 'wallClock gives 0, or seconds since 1970.',
    why: 'A clock that was never set makes every certificate invalid; milliseconds overflow a module\'s integers.' },
  'system.wall-clock-runs': {
    title: 'A wall clock that is known goes on, a second a second.',
    why: 'Deadlines over a reboot would never pass, or all at once.' },
  'system.reset-reason': {
    title: 'resetReason gives one of the known words.',
    why: 'The diagnosis after a watchdog reset would have nothing to say.' },
  'system.watchdog': {
    title: 'feedWatchdog returns at once, as often as it is called.',
    why: 'It is called after every slice.' },
  'system.guard-numbers': {
    title: 'guard returns the number of its function.',
    why: 'Stopping a stream from its callback works by that number.' },
  'system.guard-nothing': {
    title: 'guard returns 0 when its function gives no number.',
    why: 'A text or true would be taken for a code.' },
  'system.guard-throws': {
    title: 'guard returns CallbackThrew when its function throws, again and again.',
    why: 'One bad message in user code would end the program.' },
  'system.guard-arguments': {
    title: 'guard passes its three arguments on, undefined and false too.',
    why: 'Callbacks would get the wrong message.' },
  'system.guard-nested': {
    title: 'A guard inside a guard catches its own, and the outer one catches what follows.',
    why: 'A callback that publishes runs another callback inside; its error would end the outer one.' },
  'text.ascii': {
    title: 'ASCII is its own UTF-8, also the empty text and control characters.',
    why: 'Every topic name passes here.' },
  'text.two-and-three-bytes': {
    title: 'Characters of two and three bytes come back from utf8(text()).',
    why: 'Topics in any language but English would not match.' },
  'text.four-bytes': {
    title: 'Characters of four bytes come back from utf8(text()).',
    why: 'An emoji in a topic becomes six bytes that servers refuse (CESU-8).' },
  'text.byte-order-mark': {
    title: 'U+FEFF at the start of a text is kept.',
    why: 'MQTT forbids to drop it (1.5.3): the topic would be another one.' },
  'text.long': {
    title: 'A text of some kilobytes comes back from utf8(text()).',
    why: 'Converters that work in chunks split a character at the border.' },
  'text.own-form': {
    title: 'A text in the runtime\'s own form has the right UTF-8 bytes.',
    why: 'Both directions may be wrong in the same way and still agree with each other.' },
  'text.lone-surrogate': {
    title: 'Half a surrogate pair becomes bytes that are not well-formed UTF-8.',
    why: 'The core could not refuse it, and would publish to another topic than it was told.' },
  'timer.since-now': {
    title: 'since of a fresh stamp is about 0.',
    why: 'Every time-out would pass at once, or never.' },
  'timer.whole-milliseconds': {
    title: 'since gives whole milliseconds.',
    why: 'Fractions spread into times and texts in Lua, and are costly everywhere.' },
  'timer.rate': {
    title: 'A second of the port\'s clock lasts a second.',
    why: 'Ticks of 16 ms or of a microsecond taken for milliseconds make keepalive fail by that factor.' },
  'timer.never-back': {
    title: 'The age of a stamp never falls.',
    why: 'A clock that is set by the network moves keepalive and time-outs.' },
  'timer.stamps-agree': {
    title: 'Two stamps stay as far apart as they were.',
    why: 'Time-outs that began at different times would overtake each other.' },
  'timer.wrap': {
    title: 'since is exact while the ticks wrap.',
    why: 'After 24.8 days the device would drop its connection, or never ping again.' },
  'timer.stamps-across-the-wrap': {
    title: 'Stamps from before and after the wrap have the right ages.',
    why: 'After 24.8 days one time-out would pass at once and another never.' },
  'wait.zero': {
    title: 'wait(0) returns at once with 0.',
    why: 'yield(0) is a look at the socket; some runtimes take 0 for ever.' },
  'wait.sleeps': {
    title: 'wait sleeps while nothing happens.',
    why: 'A wait that returns at once keeps the processor busy and the battery empty.' },
  'wait.not-late': {
    title: 'wait is not late by more than the tolerance.',
    why: 'Pings and time-outs run on it.' },
  'wait.ends-on-data': {
    title: 'wait ends when data comes.',
    why: 'Every message would be delivered at the end of the wait.' },
  'wait.ends-on-open': {
    title: 'wait ends when a connection opens.',
    why: 'CONNECT would leave at the end of the wait.' },
  'wait.ends-on-refusal': {
    title: 'wait ends when a connect is refused.',
    why: 'The next server would be tried at the end of the wait.' },
  'wait.ends-on-end': {
    title: 'wait ends when a connection ends.',
    why: 'The reconnect would begin at the end of the wait.' },
  'wait.ends-on-credit': {
    title: 'wait ends when credit comes back.',
    why: 'A large transfer would move one buffer a wait.' },
  'wait.remembers': {
    title: 'What happened before wait ends it at once.',
    why: 'A message that came while the program was busy would lie until the wait ends.' },
  'wait.after-close': {
    title: 'wait works after a connection was closed.',
    why: 'The pause before a reconnect is such a wait.' },
  'wait.drives-a-transfer': {
    title: 'A transfer both ways runs on waits alone, without sleeping in its middle.',
    why: 'A lost wake-up shows as a pause of seconds now and then.' },
  'wake.handles-distinct': {
    title: 'Every onWake gives a handle of its own, above 0.',
    why: 'Two clients would cancel each other\'s wakes.' },
  'wake.fires': {
    title: 'wakeAfter wakes at the time asked for.',
    why: 'Pings and time-outs run on it.' },
  'wake.once': {
    title: 'wakeAfter wakes once.',
    why: 'A timer that repeats runs slices for nothing.' },
  'wake.zero': {
    title: 'wakeAfter with 0 wakes soon.',
    why: 'A slice that reached its bound would not be followed by the next.' },
  'wake.not-from-within': {
    title: 'wakeAfter does not call the function before it returns.',
    why: 'The client would run inside its own publish.' },
  'wake.moves-later': {
    title: 'A later wakeAfter replaces an earlier time.',
    why: 'A deadline that moves away with every packet would cost a slice each.' },
  'wake.moves-sooner': {
    title: 'A sooner time replaces a later one.',
    why: 'A publish would wait for the next ping.' },
  'wake.never': {
    title: 'wakeAfter with 2^30 ms does not wake, and can be replaced.',
    why: 'Timers of 32-bit runtimes fire at once for large numbers: the client would spin.' },
  'wake.far': {
    title: 'wakeAfter with a day does not wake early.',
    why: 'A timer in microseconds or seconds of 16 bits overflows.' },
  'wake.cancels': {
    title: 'A cancelled handle is not woken.',
    why: 'A destroyed client would run again.' },
  'wake.cancels-for-data': {
    title: 'A cancelled handle is not woken for data either.',
    why: 'A destroyed client would run again.' },
  'wake.cancels-one': {
    title: 'Cancelling one handle leaves the others.',
    why: 'Destroying one client would stop the other.' },
  'wake.cancels-itself': {
    title: 'A handle can be cancelled in its own function.',
    why: 'A client that is destroyed in a callback would run again.' },
  'wake.rearms': {
    title: 'A handle can ask for its next wake in its own function.',
    why: 'That is how the client runs; it would run once.' },
  'wake.not-reentrant': {
    title: 'The function of a handle is never called while it runs.',
    why: 'A slice inside a slice corrupts the queues.' },
  'wake.for-data': {
    title: 'Handles are woken when data comes.',
    why: 'Every message would wait for the next ping.' },
  'wake.for-open': {
    title: 'Handles are woken when a connection opens.',
    why: 'CONNECT would wait for a time-out.' },
  'wake.for-end': {
    title: 'Handles are woken when a connection ends.',
    why: 'The reconnect would wait for the next ping.' },
  'wake.for-credit': {
    title: 'Handles are woken when credit comes back.',
    why: 'A full connection would stay silent until the next ping.' },
  'wake.many': {
    title: '20 handles are each woken at their time.',
    why: 'A port with one timer for all loses some.' },
  'wake.every-handle': {
    title: 'An event wakes every handle.',
    why: 'Only the first of two clients would be served.' },
  'wake.handles-freed': {
    title: 'Cancelled handles are free again.',
    why: 'A program that creates and destroys clients runs out of them.' },
  'storage.absent': {
    title: 'A key that was never set gives no bytes.',
    why: 'The journal would read garbage at the first start.' },
  'storage.set-and-get': {
    title: 'What set accepted is what get gives.',
    why: 'A success that is none loses accepted messages at the next power cut.' },
  'storage.overwrite': {
    title: 'A new value replaces the old one, also a shorter one.',
    why: 'The tail of an old value behind a new one is a damaged journal.' },
  'storage.all-values': {
    title: 'Every byte from 0 to 255 is kept.',
    why: 'Stores for texts end a value at NUL or recode it.' },
  'storage.empty-value': {
    title: 'A value can be set to no bytes.',
    why: 'The journal clears its parts so.' },
  'storage.remove': {
    title: 'remove removes, and may be called again.',
    why: 'Old messages would come back after a restart.' },
  'storage.many-keys': {
    title: '20 keys keep their values apart.',
    why: 'The journal has several parts.' },
  'storage.keys-distinct': {
    title: 'Keys that differ in case or punctuation are different.',
    why: 'File systems that fold names would mix two values.' },
  'storage.large-value': {
    title: 'A value of 4000 bytes, or of sizeLimit, is kept whole.',
    why: 'Truncated values are lost messages.' },
  'storage.too-large': {
    title: 'A value above sizeLimit is refused, and the old one stays.',
    why: 'An outbox that grew too large would destroy what it had.' },
  'storage.often': {
    title: 'A value can be set 50 times in a row.',
    why: 'Stores that append without cleaning run full.' },
  'storage.after-restart': {
    title: 'What was set is there after a restart.',
    why: 'That is what storage is for.' },
  'crypto.sha256': {
    title: 'SHA-256 gives the published results, as raw bytes.',
    why: 'Signatures would be refused by the cloud; some platforms give hexadecimal text.' },
  'crypto.binary': {
    title: 'Hashes take every byte as it is.',
    why: 'A text encoding on the way gives another hash.' },
  'crypto.hmac': {
    title: 'HMAC-SHA-256 gives the published results, also for long keys.',
    why: 'Sign-in to clouds would fail, with some keys only.' },
  'crypto.unknown-name': {
    title: 'A name that is not known gives no bytes.',
    why: 'The core falls back to its own code by that sign.' },
  'network.ready': {
    title: 'ready gives 1, 0 or a code.',
    why: 'The client asks before every attempt.' },
  'network.reason': {
    title: 'reason gives a short text of ASCII.',
    why: 'explain prints it.' },
  'modem.signal': {
    title: 'signal gives dBm, or 0 where unknown.',
    why: 'A CSQ value of 0 to 31 would be taken for dBm.' },
  'modem.identity': {
    title: 'identity gives a short text.',
    why: 'The diagnosis prints it.' },
  'modem.rungs': {
    title: 'rungs counts the ladder, and climb refuses what is not on it.',
    why: 'Recovery would climb into nowhere.' }
}
