/**
 * TCP links behind AT commands, fetched by pull: what nobody reads stays in the module, and then TCP holds the peer back.
 *
 * A link is Waiting for the bearer, Opening, Open; Over once the module's link is gone or was never made. A socket that the user
 * closed lets its place go when what it had taken is sent.
 */
import { at, cat, cut, EMPTY, find, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket } from '../hal.js'
import { start } from './command.js'
import { Trouble } from './ladder.js'
import { runScript } from './script.js'
import { Job, LinkState, Stage, type Link, type Modem } from './state.js'

const enum Most {
  /** Bytes, where the options do not say. */
  Unread = 2048,
  Read = 1024,
  /** ms that a closed link may take to send what it had taken. */
  LingerMs = 10000,
  /** Sent and not acknowledged bytes that a module may be given to hold. */
  Window = 4096,
  /** ms between questions for what was acknowledged; and while there is no room. */
  AckMs = 1000,
  FullMs = 100,
  /** ms that an answer from the network may take. */
  AnswerMs = 15000
}

/** Commands of `link`, given by `modem`. The user's end of a link. */
class AtSocket implements Socket {
  modem_: Modem
  link_: Link | undefined
  code_: Code

  constructor(modem: Modem, link: Link | undefined, code: Code) {
    this.modem_ = modem
    this.link_ = link
    this.code_ = code
  }

  status(): Code {
    const link = this.link_
    if (link === undefined) return this.code_
    if (link.state_ === LinkState.Over) return link.unread_.length > 0 ? SocketStatus.Open : link.code_
    return link.state_ === LinkState.Open ? SocketStatus.Open : SocketStatus.Opening
  }

  read(max: number): Bytes {
    const link = this.link_
    if (link === undefined || max <= 0) return EMPTY
    const all = link.unread_
    const some = cut(all, 0, max)
    link.unread_ = cut(all, some.length, all.length)
    // What waits in the module has room again; an end that had to wait for its last byte can be told.
    if (some.length > 0 && (link.isReadable_ || link.ended_ !== 0)) this.modem_.wakeSoon_(this.modem_)
    return some
  }

  write(bytes: Bytes): Code {
    const link = this.link_
    const code = this.status()
    if (code < 0) return code
    const some = cut(bytes, 0, this.credit())
    if (link !== undefined && some.length > 0) {
      link.out_ = link.out_.length > 0 ? cat(link.out_, some) : some
      this.modem_.work_(this.modem_)
    }
    return some.length
  }

  credit(): number {
    const link = this.link_
    return link !== undefined && link.state_ === LinkState.Open && link.ended_ === 0 ? link.table_.maxSend - link.out_.length : 0
  }

  pending(): number {
    return this.link_ === undefined ? 0 : this.link_.unread_.length
  }

  unacked(): number {
    const link = this.link_
    return link === undefined || link.table_.acked === undefined ? -1 : link.unacked_ + link.out_.length
  }

  close(): void {
    const link = this.link_
    if (link === undefined) return
    const code = this.status()
    this.code_ = code < 0 ? code : LinkCode.Closed
    this.link_ = undefined
    // Opened, and not a byte came: the server's fault, or that of a module which is not set up as we believe.
    if (link.state_ === LinkState.Open && !link.isHeard_) this.modem_.isLook_ = true
    link.unread_ = EMPTY
    link.isLeaving_ = true
    link.stamp_ = this.modem_.timer_.ticks()
    if (link.state_ === LinkState.Waiting || link.state_ === LinkState.Over && !link.isMade_) link.state_ = LinkState.Free
    this.modem_.wakeSoon_(this.modem_)
  }
}

/** The link is over: `code` says why. `isMade` tells whether the module must still be told. */
export function endLink(this: void, modem: Modem, link: Link, code: Code, isMade: boolean): void {
  if (link.state_ === LinkState.Free) return
  if (link.state_ !== LinkState.Over) {
    link.code_ = link.ended_ !== 0 ? link.ended_ : code
    link.state_ = LinkState.Over
  }
  link.isMade_ = isMade
  link.isPending_ = false
  link.isReadable_ = false
  link.out_ = EMPTY
  link.flying_ = 0
  if (link.isLeaving_ && !isMade) link.state_ = LinkState.Free
  modem.isChanged_ = true
}

/** The bearer or the module went, and all links with it. */
export function endAll(this: void, modem: Modem, code: Code): void {
  for (const link of modem.links_) {
    if (link.state_ >= LinkState.Opening) endLink(modem, link, code, false)
    // What the module was told for a link that waits may be gone.
    link.isPrepared_ = false
  }
  if (FEATURE_OFFLOAD && modem.plug_ !== undefined) modem.plug_.lost_(code)
}

/** True for what may stand between the quotes of a command. */
function isPlain(host: string): boolean {
  for (let i = 0; i < host.length; i = i + 1) {
    const c = at(host as Bytes, i)
    if (c < 33 || c > 126 || c === 34 || c === 44 || c === 92) return false
  }
  return host.length > 0
}

/** True for a name; false for an address. */
function isName(host: string): boolean {
  const last = at(host as Bytes, host.length - 1)
  return find(host as Bytes, ':' as Bytes, 0) < 0 && (last < 48 || last > 57)
}

/** Opens a link, when the bearer is there. */
export function openLink(this: void, modem: Modem, endpoint: Endpoint): Socket {
  const tls = endpoint.tls
  const table = tls === undefined ? modem.family_.tcp : FEATURE_TLS ? modem.family_.tls : undefined
  let code = LinkCode.NoSocket as Code
  if (endpoint.path !== undefined || table === undefined) code = LinkCode.Unsupported
  // Without a certificate to check with there is no check: that has to be written out.
  else if (FEATURE_TLS && tls !== undefined && (tls.alpn !== undefined || tls.servername !== undefined && tls.servername !== endpoint.host && (table.prepare === undefined || find(table.prepare, '%s' as Bytes, 0) < 0) || tls.insecureNoVerify !== true && (!table.verifies || tls.ca === undefined || tls.ca.length === 0))) code = LinkCode.Unsupported
  else if (!isPlain(endpoint.host) || FEATURE_TLS && tls !== undefined && tls.servername !== undefined && !isPlain(tls.servername)) code = LinkCode.DnsFailed
  else {
    const links = modem.links_
    let used = 0
    let alike = 0
    let free = links.length
    for (let i = 0; i < links.length; i = i + 1) {
      const other = links[i]!
      if (other.state_ === LinkState.Free) free = i
      else if (!other.isLeaving_) {
        used = used + 1
        if (other.table_ === table) alike = alike + 1
      }
    }
    if (alike < table.count && used < modem.family_.tcp.count) {
      const fresh: Link = {
        n_: -1, state_: LinkState.Waiting, endpoint_: endpoint, table_: table, address_: endpoint.host, unread_: EMPTY, isHeard_: false, out_: EMPTY, flying_: 0, sent_: 0, isCounted_: true, unacked_: 0, isFull_: false, askedAt_: 0,
        isReadable_: false, ended_: 0, isLeaving_: false, code_: 0, isMade_: false, isAsked_: false, isPending_: false, limit_: 0, isPrepared_: false, isFound_: !isName(endpoint.host), stamp_: modem.timer_.ticks()
      }
      links[free] = fresh
      modem.wakeSoon_(modem)
      return new AtSocket(modem, fresh, 0)
    }
  }
  modem.isChanged_ = true
  modem.wakeSoon_(modem)
  return new AtSocket(modem, undefined, code)
}

/** A number for `link` that no other has; those that are being closed keep theirs. False: there is none yet. */
function hasNumber(modem: Modem, link: Link): boolean {
  const tcp = modem.family_.tcp
  const tls = modem.family_.tls
  const count = link.table_.count
  // Where TLS has few numbers, TCP takes those that TLS has not.
  const from = link.table_ === tcp && tls !== undefined && tls.count < count ? tls.count : 0
  for (let k = 0; link.n_ < 0 && k < count; k = k + 1) {
    const n = (from + k) % count
    let isFree = true
    for (const other of modem.links_) {
      if (other.state_ !== LinkState.Free && other.n_ === n) isFree = false
    }
    if (isFree) link.n_ = n
  }
  return link.n_ >= 0
}

/** Begins what `link` needs most. */
function serve(modem: Modem, link: Link, isReading: boolean): boolean {
  const state = link.state_
  const table = link.table_
  if (state === LinkState.Free) return false
  if (state === LinkState.Waiting) {
    if (!hasNumber(modem, link)) return false
    const tls = link.endpoint_.tls
    modem.link_ = link
    if (table.prepare !== undefined && !link.isPrepared_) {
      let script = table.prepare
      if (tls !== undefined && modem.tls_ !== tls) {
        modem.tls_ = tls
        if (table.upload !== undefined) script = cat(table.upload, '\n' as Bytes, script)
      }
      link.isPrepared_ = true
      runScript(modem, Stage.Prepare, script)
      return true
    }
    if (table.resolve !== undefined && !link.isFound_) start(modem, Job.Resolve, table.resolve, link)
    else {
      link.state_ = LinkState.Opening
      link.stamp_ = modem.timer_.ticks()
      link.isMade_ = true
      start(modem, Job.Open, table.open, link)
    }
    return true
  }
  const isOver = state === LinkState.Over
  if (isOver && link.isMade_ || link.isLeaving_ && (isOver || state === LinkState.Opening || link.out_.length === 0 || modem.timer_.since(link.stamp_) >= Most.LingerMs)) {
    start(modem, Job.Close, table.close, link)
    return true
  }
  if (state !== LinkState.Open) return false
  if (isReading) {
    const room = (modem.options_.unreadMax === undefined ? Most.Unread : modem.options_.unreadMax) - link.unread_.length
    const most = modem.options_.readMax === undefined ? Most.Read : modem.options_.readMax
    let n = table.maxRead < most ? table.maxRead : most
    if (room < n) n = room
    if (!link.isReadable_ || n <= 0) return false
    modem.asked_ = n
    // More may come while this is read, and is told then.
    link.isReadable_ = false
    start(modem, Job.Read, table.read, link)
    return true
  }
  if (link.ended_ !== 0) return false
  const sinceAsked = link.unacked_ > 0 || link.isFull_ ? modem.timer_.since(link.askedAt_) : 0
  if (table.acked !== undefined && (!link.isCounted_ || sinceAsked >= Most.AckMs || link.out_.length > 0 && link.unacked_ + link.out_.length > Most.Window && (!link.isFull_ || sinceAsked >= Most.FullMs))) {
    link.askedAt_ = modem.timer_.ticks()
    start(modem, Job.Acked, table.acked, link)
    return true
  }
  // A module that has no room for it would answer nothing else until it has.
  if (link.isFull_ && (sinceAsked >= Most.FullMs || link.out_.length === 0)) link.isFull_ = false
  if (link.out_.length === 0 || link.isFull_) return false
  link.flying_ = link.out_.length
  modem.asked_ = link.flying_
  start(modem, Job.Send, table.send, link)
  return true
}

/** Begins something for a link, those after the last first; sending and reading take turns. */
export function serveLinks(this: void, modem: Modem): boolean {
  const count = modem.links_.length
  if (count === 0) return false
  // What the module was told for a link holds for whichever is opened next: nothing comes between.
  for (const link of modem.links_) {
    if (link.state_ === LinkState.Waiting && link.isPrepared_) return serve(modem, link, false)
  }
  modem.isReading_ = !modem.isReading_
  for (let k = 0; k < 2 * count; k = k + 1) {
    if (k === count) modem.isReading_ = !modem.isReading_
    modem.turn_ = (modem.turn_ + 1) % count
    const link = modem.links_[modem.turn_]!
    if (serve(modem, link, modem.isReading_)) return true
    // The peer has closed it, and all that the module had of it is read.
    if (link.state_ === LinkState.Open && link.ended_ !== 0 && !link.isReadable_) {
      endLink(modem, link, link.ended_, link.table_.mustClose)
      modem.check_ = Trouble.LinkClosed
      if (link.table_.mustClose) return serve(modem, link, false)
    }
  }
  return false
}

/** What failed at once was answered: by a server that refuses, by one that does not know the name; or by a module whose context went unheard, so it is looked at. */
function troubleOf(modem: Modem, since: number, what: Trouble): Trouble {
  if (modem.timer_.since(since) >= Most.AnswerMs) return what
  modem.isLook_ = true
  return Trouble.None
}

/** A link's command has ended. Gives the Trouble that it is, or -1. */
export function linkDone(this: void, modem: Modem, link: Link, job: Job, code: Code): Trouble {
  if (job === Job.Resolve) {
    if (code === 0) {
      link.isFound_ = true
      link.address_ = modem.found_.t
      return Trouble.None
    }
    if (!link.isAsked_ && modem.family_.dns.length > 0 && !(modem.options_.dns !== undefined && modem.options_.dns.length === 0)) {
      link.isAsked_ = true
      start(modem, Job.Dns, modem.family_.dns, link)
      return Trouble.None
    }
    endLink(modem, link, LinkCode.DnsFailed, false)
    return troubleOf(modem, modem.stamp_, Trouble.DnsFailed)
  }
  if (job === Job.Open) {
    if (code === 0) {
      link.state_ = LinkState.Open
      modem.isChanged_ = true
      return Trouble.None
    }
    // The module may be at it still; or a link of this number was left open by an earlier life of the device, and is in the way.
    endLink(modem, link, code, true)
    return troubleOf(modem, link.stamp_, code === LinkCode.DnsFailed ? Trouble.DnsFailed : Trouble.LinkFailed)
  }
  if (job === Job.Send) {
    if (code > 0) {
      // Not now.
      link.isFull_ = true
      link.askedAt_ = modem.timer_.ticks()
      link.flying_ = 0
    } else if (code === 0) {
      if (link.unacked_ === 0) link.askedAt_ = modem.timer_.ticks()
      if (link.table_.acked !== undefined) link.unacked_ = link.unacked_ + link.flying_
      link.sent_ = link.sent_ + link.flying_
      link.isCounted_ = !link.table_.counts
      link.out_ = cut(link.out_, link.flying_, link.out_.length)
      link.flying_ = 0
      modem.isChanged_ = true
    } else endLink(modem, link, code, true)
    return Trouble.None
  }
  if (job === Job.Acked) {
    link.isCounted_ = true
    // Not what we gave it: a digit of a length was lost, and the rest was taken for commands.
    if (code === 0 && link.table_.counts && modem.found_.r !== link.sent_) endLink(modem, link, LinkCode.AtFailed, true)
    else if (code === 0) {
      if (modem.found_.l !== link.unacked_) modem.isChanged_ = true
      link.unacked_ = modem.found_.l
      link.isFull_ = link.out_.length > 0 && link.unacked_ + link.out_.length > Most.Window
    } else if (code === LinkCode.AtFailed) endLink(modem, link, code, true)
    return Trouble.None
  }
  if (job === Job.Read) {
    if (code === 0 && !link.isLeaving_) {
      link.unread_ = cat(link.unread_, modem.held_)
      if (modem.held_.length > 0) modem.isChanged_ = true
    }
    // ERROR, where there was nothing.
    if (code === LinkCode.AtFailed || code < 0 && modem.held_.length > 0) endLink(modem, link, LinkCode.AtFailed, true)
    return Trouble.None
  }
  // Closed, or there was nothing to close.
  link.isPending_ = false
  link.isMade_ = false
  if (link.isLeaving_) link.state_ = LinkState.Free
  else endLink(modem, link, LinkCode.Closed, false)
  return Trouble.None
}
