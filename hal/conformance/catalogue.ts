/**
 * What each case shows, and what breaks in a program when a port fails it. For the scorecard and docs/porting.md; a
 * device does not carry these texts.
 */
import { PART_ENTRIES } from './catalogue-parts.js'

export interface Entry {
  /** A sentence about the port. */
  title: string
  /** What the client or its user would see on a port without it. */
  why: string
}

/** The parts, in the order in which a port is best written. */
export const PARTS: Record<string, string> = {
  hal: 'the port as a whole',
  system: 'the device',
  text: 'text and UTF-8',
  timer: 'the clock',
  wait: 'timer.wait',
  wake: 'timer.onWake and wakeAfter',
  socket: 'opening a connection',
  write: 'writing',
  read: 'reading',
  close: 'closing',
  storage: 'storage',
  crypto: 'hashes',
  network: 'the bearer',
  modem: 'the modem'
}

export const CATALOGUE: Record<string, Entry> = {
  ...PART_ENTRIES,
  'socket.open-at-once': {
    title: 'open returns at once, before the name is resolved or the peer has answered.',
    why: 'A slice would last as long as DNS and TCP take; the watchdog bites, and no other work is done meanwhile.' },
  'socket.always-a-socket': {
    title: 'open gives a Socket for every address, and a bad one shows in its status.',
    why: 'The core asks the result for its status without a look at what it is: nil or an exception there restarts a module.' },
  'socket.quiet-while-opening': {
    title: 'While a connection opens, write takes nothing, credit and pending are 0 and read gives nothing.',
    why: 'A CONNECT taken too early is lost, and the server then hears packets without one.' },
  'socket.opens': {
    title: 'The status becomes Open, with credit, once the peer has accepted.',
    why: 'The client would stay in its first stage until connectTimeout.' },
  'socket.refused': {
    title: 'A refused connection ends with TcpRefused.',
    why: 'explain would name the wrong layer, and the user would look at the network where the server is down.' },
  'socket.unknown-name': {
    title: 'A name that does not resolve ends with DnsFailed.',
    why: 'A misspelt host would look like a dead server.' },
  'socket.no-answer': {
    title: 'A connect that nobody answers stays Opening, or ends with TcpTimeout when the stack gives up.',
    why: 'A connection that counts as open with nobody there would only be given up after the CONNACK time-out.' },
  'socket.failure-stays': {
    title: 'The code of a failed connection stays what it is, also after close.',
    why: 'The client may look some slices later, and would report another cause than the true one.' },
  'socket.websocket': {
    title: 'An endpoint with a path is refused as Unsupported, or fails its upgrade with UpgradeFailed.',
    why: 'MQTT bytes would go raw to a web server, which answers with something else or hangs up.' },
  'socket.tls': {
    title: 'An endpoint with TLS is refused as Unsupported, or fails against a peer without TLS with TlsFailed.',
    why: 'A port that leaves out TLS in silence sends the password in clear text.' },
  'socket.known-status': {
    title: 'At every moment the status is Opening, Open or a code of -60 to -89.',
    why: 'The core takes any other number for one of these, and explain has no sentence for it.' },
  'socket.close-while-opening': {
    title: 'A connection can be closed while it opens, and the next one opens.',
    why: 'connectTimeout would leave a socket behind at each attempt, until none is free.' },
  'socket.reopen': {
    title: '50 connections after each other all open and work.',
    why: 'A handle leaked per connection ends the device after some hours of bad network.' },
  'socket.reopen-failed': {
    title: 'After 50 refused connections another one opens.',
    why: 'A server that is down for a night would cost the device all its sockets.' },
  'socket.two-at-once': {
    title: 'Two connections at a time keep their bytes apart.',
    why: 'Two clients on one port would feed each other\'s packets to the wrong server.' },
  'socket.none-free': {
    title: 'One connection more than the port has ends with NoSocket, hurts no other, and a closed one makes room.',
    why: 'The connection that fails would take a working one with it, or the cause would point to the network.' },
  'write.exact': {
    title: 'A few bytes are taken whole by one write, and arrive.',
    why: 'PINGREQ has two bytes; in pieces it costs two segments, or never leaves.' },
  'write.all-values': {
    title: 'Every byte from 0 to 255 leaves as it is.',
    why: 'A text encoding on the way turns 0x80 and above into two bytes: every length that follows is wrong.' },
  'write.one-byte-pieces': {
    title: '300 writes of one byte each arrive in order.',
    why: 'A port that keeps only the last piece until its next event loses packets of one slice.' },
  'write.large': {
    title: 'A long transfer out arrives whole and in order.',
    why: 'Publishes of some kilobytes, and streams, would arrive damaged.' },
  'write.nothing': {
    title: 'A write of no bytes returns 0 and changes nothing.',
    why: 'Some stacks take an empty send for the end of the connection.' },
  'write.first-bytes': {
    title: 'A write that takes a part takes the first bytes, and says how many.',
    why: 'The core writes the rest again from there: bytes would be doubled or missing.' },
  'write.within-credit': {
    title: 'write never takes more than credit said.',
    why: 'The core counts on credit for what it may encode in one slice; beyond it a port holds what it cannot hold.' },
  'write.takes-promised': {
    title: 'write takes all that credit promised.',
    why: 'The fast path encodes a whole packet on this promise; a part of it is then queued and copied.' },
  'write.bounded': {
    title: 'While the peer does not read, write comes to take nothing.',
    why: 'A port that takes everything fills the memory of the device while the network is down.' },
  'write.full-takes-zero': {
    title: 'On a full connection write returns 0, credit is 0, and the status stays Open.',
    why: 'Back-pressure taken for an error closes a connection that was only slow.' },
  'write.credit-falls': {
    title: 'credit falls to 0 on a connection whose peer does not read.',
    why: 'TxBlocked is found by credit that stays away; a dead uplink would not be noticed.' },
  'write.credit-returns': {
    title: 'credit comes back when the peer reads again, and write takes bytes.',
    why: 'After one congestion nothing would ever be sent again.' },
  'write.after-close': {
    title: 'After close write returns a code below 0 and credit is 0.',
    why: 'Packets given to a dead connection would count as sent.' },
  'write.after-peer-closed': {
    title: 'After the peer closed write returns a code below 0 and credit is 0.',
    why: 'Packets given to a dead connection would count as sent.' },
  'write.flushed-by-close': {
    title: 'What write took is still sent when close follows at once.',
    why: 'DISCONNECT would be lost, and the server would publish the will of a device that left in order.' },
  'write.unacked': {
    title: 'unacked is -1 always, or counts what was written and comes back to 0.',
    why: 'The ping rule is waived while it is 0: a false 0 hides a dead link, a false amount sends pings for nothing.' },
  'write.unacked-stalled': {
    title: 'Where unacked is known, it is above 0 while the peer reads nothing and the connection is full.',
    why: 'The client would believe that everything arrived, and notice a dead link late.' },
  'read.nothing': {
    title: 'read gives no bytes and pending is 0 as long as nobody sent anything.',
    why: 'Bytes from nowhere are parsed as MQTT and close the connection.' },
  'read.first-bytes': {
    title: 'Bytes that the peer sends at once are not lost while the connection opens.',
    why: 'The first bytes of a fast server are the beginning of CONNACK.' },
  'read.all-values': {
    title: 'Every byte from 0 to 255 comes as it is.',
    why: 'Decoding as text turns bytes above 0x7F into question marks: lengths and payloads are wrong.' },
  'read.control-characters': {
    title: 'CR, LF, NUL, Ctrl-Z, XON, XOFF and 0xFF pass both ways unchanged.',
    why: 'AT firmwares and serial lines eat or translate them; a payload breaks only when it holds one.' },
  'read.one-byte-pieces': {
    title: '100 bytes that come one by one are all read, in order.',
    why: 'A slow link or a small module delivers so; a chunk that overwrites the last one loses bytes.' },
  'read.large': {
    title: 'A long transfer in arrives whole and in order.',
    why: 'Retained messages and firmware updates would arrive damaged.' },
  'read.at-most': {
    title: 'read gives at most the bytes it was asked for, and keeps the rest.',
    why: 'The read budget of a slice is its memory bound.' },
  'read.zero': {
    title: 'read(0) gives nothing and loses nothing.',
    why: 'The budget of a slice may be used up to the byte; some stacks read everything when asked for 0.' },
  'read.pending': {
    title: 'pending is what read will give, and falls by what it gave.',
    why: 'Event-driven ports skip a slice when nothing is pending: bytes would lie unread until the next event.' },
  'read.both-ways': {
    title: 'A long transfer out and one in at the same time do not disturb each other.',
    why: 'A half-duplex driver loses what arrives while it sends.' },
  'read.slow-reader': {
    title: 'A program that reads slowly gets every byte.',
    why: 'A ring that overwrites its oldest bytes looks right until the program is busy.' },
  'read.held-back': {
    title: 'While the program does not read, the port holds a bounded amount; the rest waits at the peer and comes later.',
    why: 'A burst of retained messages would fill the memory of the device.' },
  'read.fin-after-data': {
    title: 'After FIN the connection stays Open until the last byte was read, and ends with Closed then.',
    why: 'A server that refuses says why and hangs up: CONNACK or DISCONNECT would be lost.' },
  'read.fin-late-reader': {
    title: 'Data and FIN that wait half a second for the program are still there.',
    why: 'A program that is busy when the server closes would never learn why.' },
  'read.fin-alone': {
    title: 'FIN without data shows as Closed.',
    why: 'A connection that the server closed in silence would be kept until the ping times out.' },
  'read.quiet-is-not-the-end': {
    title: 'A quiet connection stays Open; no bytes from read are not an end.',
    why: 'Stacks that return an empty result for both make idle connections drop.' },
  'read.reset': {
    title: 'RST shows as Reset.',
    why: 'explain tells a middlebox that cuts idle connections from a server that closes by this code.' },
  'read.reset-while-writing': {
    title: 'A reset in the middle of writing ends the status, and write then returns a code.',
    why: 'An exception or an endless 0 from write at that moment stops the client.' },
  'close.twice': {
    title: 'close may be called as often as one likes.',
    why: 'A time-out and an end may both close; a second close that throws, or frees a handle twice, crashes.' },
  'close.status': {
    title: 'After our own close the status is Closed, and stays it.',
    why: 'The client asks for the cause after it closed; Open there would be a connection without an owner.' },
  'close.keeps-the-cause': {
    title: 'The code of a connection that was reset stays after close.',
    why: 'The cause in explain would always be "we closed".' },
  'close.silences': {
    title: 'After close nothing can be read and nothing is pending.',
    why: 'Old bytes would be parsed as the beginning of the next session.' },
  'close.tells-the-peer': {
    title: 'The peer sees the end soon after close.',
    why: 'The server keeps the session of a connection that it thinks alive, and the next CONNECT takes it over.' },
  'close.tells-the-peer-unread': {
    title: 'The peer sees the end also when received bytes were never read.',
    why: 'Stacks that wait for the program to read first keep such a connection for ever.' },
  'close.half-closed': {
    title: 'When the peer closed its half first, our close ends the other half.',
    why: 'Half-closed connections pile up at the server and in the device, 4 to 8 are all it has.' },
  'close.next-connection-clean': {
    title: 'Bytes that were unread at close do not show up on the next connection.',
    why: 'The rest of an old packet in front of CONNACK is a protocol error, and the device reconnects for ever.' },
  'close.leaves-others': {
    title: 'Closing one connection leaves the others alone.',
    why: 'Failover probes and a second client would end each other.' },
  'close.in-a-wake': {
    title: 'A connection may be closed inside a wake, and the port goes on.',
    why: 'That is where the client closes: a port that still uses the socket after its callback crashes.' }
}

/** The part that a case belongs to. */
export function partOf(id: string): string {
  return id.slice(0, id.indexOf('.'))
}
