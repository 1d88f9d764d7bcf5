/**
 * A modem from its first answer to the bearer, and back when something went wrong: what is done next, and when.
 *
 * `work` is called when bytes came, when time has passed and when a socket wants something. It never waits: it begins what can
 * be begun, and says with `due` when it has to be called again.
 */
import { cat, EMPTY, find, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode } from '../hal.js'
import { dbmOf, flush, giveUp, send, start, timeLeft } from './command.js'
import { feed, type Engine } from './engine.js'
import { Event, Script } from './family.js'
import { climbed, hasPin, Rung, stable, Trouble, trouble } from './ladder.js'
import { endAll, endLink, linkDone, serveLinks } from './links.js'
import { boot, callModule, doRung, freeIt, meet, noAnswer, store, troubleOf } from './recovery.js'
import { nextStep, passPhase, rest, runScript } from './script.js'
import { Job, LinkState, Stage, type Link, type Modem } from './state.js'

const enum Time {
  /** ms of silence before a call, and after its answer: an answer to what came before must not count. */
  Grace = 300,
  /** ms that an answer to a call may take; between tries of a phase, and between looks at what has no event. */
  Second = 1000,
  /** ms until a module that was busy is asked again. */
  Busy = 200,
  /** ms after a final line that may not be the last. */
  Settle = 100,
  /** ms between tries to give the serial line what it did not take. */
  Serial = 10,
  /** ms between samples of the signal. */
  Signal = 60000,
  /** ms that a link may wait for the bearer. */
  Wait = 150000,
  /** ms after the counted bytes in which the final line must come. */
  AfterRaw = 3000,
  Never = 1073741824
}

const enum Most {
  /** Calls until a module that should answer counts as lost. */
  Calls = 3,
  /** Calls more, while there are answers, and too many. */
  Late = 10,
  /** Bytes taken from the serial line at a time. */
  Piece = 512,
  /** Steps begun in one turn: a command that ends at once begins the next. */
  Steps = 32
}

/** The bearer is there. */
function ready(modem: Modem): void {
  const found = modem.check_
  modem.stage_ = Stage.Ready
  // Who asked meanwhile was told that it is there.
  if (!modem.isLooking_) modem.isChanged_ = true
  modem.isLooking_ = false
  modem.word_ = ''
  modem.check_ = Trouble.None
  modem.link_ = undefined
  modem.signalStamp_ = modem.timer_.ticks()
  if (modem.rung_ > Rung.Reconnect) climbed(modem.ladder_, true)
  modem.rung_ = -1
  // It was looked at for a link's sake, and is in order: then it is the link's own trouble.
  if (found !== Trouble.None) meet(modem, found)
}

function scriptOver(modem: Modem): void {
  const stage = modem.stage_
  if (stage === Stage.Setup) runScript(modem, Stage.BringUp, modem.family_.script(Script.BringUp))
  else if (stage === Stage.BringUp) ready(modem)
  else if (stage === Stage.Prepare) modem.stage_ = Stage.Ready
  else if (modem.rung_ >= Rung.SoftReset) boot(modem)
  else runScript(modem, Stage.BringUp, modem.family_.script(Script.BringUp))
}

function scriptDone(modem: Modem, code: Code): void {
  const step = modem.step_
  if (find(step, '|_' as Bytes, 0) > 0) rest(modem, Time.Settle)
  if (modem.sent_ === 'AT+CGSN' && code === 0) modem.identity_ = modem.found_.t
  if (code >= 0 && find(step, '|/' as Bytes, 0) > 0) passPhase(modem)
  if (code >= 0 || modem.stage_ === Stage.Rung || find(step, '|*' as Bytes, 0) > 0) return
  if (modem.stage_ === Stage.Prepare) {
    modem.tls_ = undefined
    modem.stage_ = Stage.Ready
    if (modem.link_ !== undefined) endLink(modem, modem.link_, LinkCode.TlsFailed, false)
    return
  }
  modem.word_ = modem.said_
  if (modem.timer_.since(modem.phaseStamp_) < modem.phaseMs_) {
    modem.isLooking_ = false
    modem.at_ = modem.phaseAt_
    rest(modem, Time.Second)
  } else meet(modem, troubleOf(modem))
}

/** A command has ended. */
export function commandDone(this: void, modem: Modem, job: Job, code: Code, link: Link | undefined): void {
  let what = Trouble.None
  if (job === Job.Script) scriptDone(modem, code)
  else if (FEATURE_OFFLOAD && job === Job.Plug) modem.plug_!.done_(modem, code)
  else if (job !== Job.Dns && job !== Job.Signal && link !== undefined) what = linkDone(modem, link, job, code)
  const isLate = modem.isLate_ && code === LinkCode.AtFailed
  modem.isLate_ = false
  if (isLate && job === Job.Send && hasPin(modem.ladder_)) {
    // It has more time than it needs, and waits for what was lost on the way. A call would be taken for it, and reach the peer.
    modem.isStuck_ = true
    freeIt(modem)
  // Nobody answered in time: what it still has to say must not answer the next command.
  } else if (isLate && (modem.stage_ !== Stage.Rung || modem.rung_ < Rung.ResetPin)) {
    callModule(modem, Most.Calls)
    modem.isDoubted_ = true
  }
  if (what !== Trouble.None) modem.check_ = what
}

/** What `rows` and `heads` of the family announce. Gives the counted bytes that follow. */
export function takeEvent(this: void, modem: Modem, event: number): number {
  const found = modem.found_
  modem.ends_ = 1
  if (FEATURE_OFFLOAD && event >= Event.Native) return modem.plug_ === undefined ? 0 : modem.plug_.line_(modem, event)
  if (event === Event.Data || event === Event.DataMore) {
    const link = modem.link_
    if (modem.job_ !== Job.Read || link === undefined) return 0
    if (found.l < 0 || found.l > modem.asked_) {
      // What was not asked for cannot be told from what follows.
      endLink(modem, link, LinkCode.AtFailed, true)
      return 0
    }
    modem.isPlugRaw_ = false
    modem.isMissing_ = false
    modem.ends_ = link.table_.ends
    link.isReadable_ = link.isReadable_ || (event === Event.Data ? found.r > 0 : found.l > 0)
    const baud = modem.options_.baud === undefined ? 115200 : modem.options_.baud
    modem.stamp_ = modem.timer_.ticks()
    // Four times what they take on the line; one that is lost would eat what follows.
    modem.limit_ = Time.AfterRaw + found.l * 40000 / baud
    return found.l
  }
  if (event === Event.Reboot) {
    const isOurs = modem.rung_ >= Rung.SoftReset
    // Pulses are gone through with: a key that switches off has one that switches on behind it.
    if (modem.stage_ !== Stage.Boot && !(isOurs && modem.stage_ === Stage.Rung && modem.rung_ > Rung.SoftReset)) {
      endAll(modem, LinkCode.AtFailed)
      modem.isChanged_ = true
      modem.word_ = 'module-reboot'
      boot(modem)
      if (!isOurs) {
        modem.reboots_ = modem.reboots_ + 1
        trouble(modem.ladder_, Trouble.Rebooted)
      }
    }
  } else if (event === Event.BearerLost) {
    if (modem.stage_ === Stage.Ready || modem.stage_ === Stage.Prepare) {
      endAll(modem, LinkCode.TcpFailed)
      modem.word_ = 'bearer-lost'
      modem.isChanged_ = true
      modem.check_ = Trouble.PdpLost
    // It may have been found in order a moment ago.
    } else if (modem.stage_ === Stage.BringUp) modem.isLook_ = true
  } else if (event === Event.Signal) {
    modem.dbm_ = dbmOf(found.e)
  } else if (event === Event.Note) {
    modem.note_ = found.e
  } else if (event === Event.Busy) {
    modem.isBusy_ = modem.job_ > Job.Sync
    if (modem.isBusy_) rest(modem, Time.Busy)
  } else {
    for (const link of modem.links_) {
      if (link.n_ === found.n && link.state_ === LinkState.Open) {
        // At the end, too: what came before it may still lie there.
        link.isReadable_ = true
        if (event === Event.Closed) link.ended_ = LinkCode.Closed
      }
    }
  }
  return 0
}

export function takeRaw(this: void, engine: Engine, bytes: Bytes): void {
  const modem = engine as Modem
  const link = modem.link_
  if (FEATURE_OFFLOAD && modem.isPlugRaw_) modem.plug_!.raw_(bytes)
  // Given on only when the read has ended well: until then nobody knows whether a byte is missing.
  else if (link !== undefined && !link.isLeaving_) {
    modem.held_ = cat(modem.held_, bytes)
    link.isHeard_ = true
  }
}

/** A turn of calling the module. False: nothing to do yet. */
function goOnCalling(modem: Modem): boolean {
  const passed = modem.timer_.since(modem.stamp_)
  if (!modem.isSent_ || modem.oks_ > 0) {
    if (passed < Time.Grace) return false
    if (modem.oks_ === 1) {
      modem.job_ = Job.None
      if (modem.stage_ === Stage.Boot) {
        // A reset has done its work when the module answers.
        if (modem.rung_ >= Rung.SoftReset) {
          climbed(modem.ladder_, true)
          modem.rung_ = -1
        }
        runScript(modem, Stage.Setup, modem.family_.script(Script.Setup))
      }
      return true
    }
    // Late answers come to an end; a module that gives two to each call does not.
    if (modem.oks_ > 1) modem.tries_ = modem.tries_ - 1
    if (modem.tries_ <= -Most.Late) return noAnswer(modem)
  } else if (passed < Time.Second) return false
  else {
    modem.tries_ = modem.tries_ - 1
    if (modem.tries_ <= 0) return noAnswer(modem)
  }
  modem.isSent_ = true
  modem.oks_ = 0
  modem.stamp_ = modem.timer_.ticks()
  send(modem, 'AT\r\n' as Bytes)
  return true
}

/** The bearer is there and nobody waits for an answer. False: nothing to do. */
function serve(modem: Modem): boolean {
  let open = 0
  let made = 0
  for (const link of modem.links_) {
    if (link.state_ === LinkState.Open) open = open + 1
    if (link.state_ === LinkState.Open && link.isHeard_) modem.isLook_ = false
    if (link.isMade_) made = made + 1
  }
  if (FEATURE_OFFLOAD && modem.plug_ !== undefined && modem.plug_.isUp_()) open = open + 1
  stable(modem.ladder_, open > 0)
  // Where one link stands, the bearer does.
  if (open > 0) modem.check_ = Trouble.None
  if ((modem.check_ !== Trouble.None || modem.isLook_) && made === 0) {
    const isLook = modem.isLook_
    modem.isLook_ = false
    if (modem.check_ === Trouble.PdpLost) {
      // Known already: no look is needed.
      meet(modem, Trouble.PdpLost)
      if (modem.stage_ !== Stage.Ready) return true
    }
    // A restart may have gone unheard, and an answer may have been another's: then the settings are not what they should be.
    if (isLook) {
      modem.isLooking_ = true
      runScript(modem, Stage.Setup, modem.family_.script(Script.Setup))
    } else runScript(modem, Stage.BringUp, modem.family_.script(Script.BringUp))
    return true
  }
  if (modem.isDoubted_ && open === 0 && made === 0) {
    modem.isDoubted_ = false
    modem.word_ = 'modem-setup'
    runScript(modem, Stage.Setup, modem.family_.script(Script.Setup))
    return true
  }
  if (FEATURE_OFFLOAD && modem.plug_ !== undefined && modem.plug_.next_(modem)) return true
  if (modem.links_.length > 0 && serveLinks(modem)) return true
  const every = modem.options_.signalEvery === undefined ? Time.Signal : modem.options_.signalEvery
  if (every > 0 && modem.timer_.since(modem.signalStamp_) >= every) {
    modem.signalStamp_ = modem.timer_.ticks()
    // A line that announced something may have been lost: it is not said again.
    for (const link of modem.links_) {
      if (link.state_ === LinkState.Open) link.isReadable_ = true
    }
    start(modem, Job.Signal, modem.family_.signal)
    return true
  }
  return false
}

/** Begins what can be begun. */
export function work(this: void, modem: Modem): void {
  flush(modem)
  store(modem)
  for (let i = 0; i < Most.Steps; i = i + 1) {
    if (modem.job_ === Job.Sync) {
      if (!goOnCalling(modem)) return
    } else if (modem.isBusy_ && modem.job_ !== Job.None && timeLeft(modem) > 0) {
      // Its time goes on from the first.
      if (modem.timer_.since(modem.restStamp_) < modem.restMs_) return
      modem.isBusy_ = false
      modem.restMs_ = 0
      send(modem, cat(modem.sent_, '\r\n' as Bytes))
    } else if (modem.job_ !== Job.None) {
      if (timeLeft(modem) > 0) return
      modem.isLate_ = true
      giveUp(modem)
    } else if (modem.wanted_ > Rung.Reconnect && !modem.isStuck_) {
      doRung(modem, modem.wanted_)
    } else if (modem.restMs_ > 0) {
      if (modem.timer_.since(modem.restStamp_) < modem.restMs_) return
      modem.restMs_ = 0
    } else if (modem.stage_ === Stage.Rest || modem.stage_ === Stage.Boot) {
      if (modem.isStuck_) freeIt(modem)
      else boot(modem)
    } else if (modem.stage_ === Stage.Ready) {
      if (!serve(modem)) return
    } else if (!nextStep(modem)) scriptOver(modem)
  }
}

/** What has come on the serial line. */
function take(modem: Modem): void {
  let bytes = modem.serial_.read(Most.Piece)
  if (FEATURE_OFFLOAD && modem.plug_ !== undefined && bytes.length === 0) modem.plug_.due_(modem, true)
  for (let i = 0; i < Most.Steps && bytes.length > 0; i = i + 1) {
    feed(modem, bytes)
    // A piece that is not full was the last.
    bytes = bytes.length < Most.Piece ? EMPTY : modem.serial_.read(Most.Piece)
  }
}

/**
 * Takes what has come in the midst of a read. True: more of it is to come, until then nothing can be begun, and the time that was set when it
 * began still stands.
 */
export function takeCounted(this: void, modem: Modem): boolean {
  if (modem.raw_ === 0 || modem.job_ !== Job.Read) return false
  const bytes = modem.serial_.read(modem.raw_)
  if (bytes.length < modem.raw_) {
    // As `feed` does: with small pieces this is most of what there is to do.
    modem.raw_ = modem.raw_ - bytes.length
    takeRaw(modem, bytes)
  } else feed(modem, bytes)
  return modem.raw_ > 0
}

/** What has come on the serial line, then what follows from it. */
export function pump(this: void, modem: Modem): void {
  take(modem)
  for (const link of modem.links_) {
    const limit = link.isPending_ ? link.limit_ : Time.Wait
    if ((link.isPending_ || link.state_ === LinkState.Waiting) && modem.timer_.since(link.stamp_) >= limit) {
      if (link.isPending_) modem.check_ = Trouble.LinkFailed
      endLink(modem, link, LinkCode.TcpTimeout, link.isPending_)
    }
  }
  work(modem)
}

/** ms until `pump` must be called again, when no bytes come before. */
export function due(this: void, modem: Modem): number {
  let ms = Time.Never as number
  const job = modem.job_
  if (job === Job.Sync) ms = (modem.isSent_ && modem.oks_ === 0 ? Time.Second : Time.Grace) - modem.timer_.since(modem.stamp_)
  else if (job !== Job.None) {
    ms = timeLeft(modem)
    const again = modem.isBusy_ ? modem.restMs_ - modem.timer_.since(modem.restStamp_) : ms
    if (ms > again) ms = again
  } else if (modem.restMs_ > 0) ms = modem.restMs_ - modem.timer_.since(modem.restStamp_)
  else if (modem.stage_ === Stage.Ready) {
    const every = modem.options_.signalEvery === undefined ? Time.Signal : modem.options_.signalEvery
    if (every > 0) ms = every - modem.timer_.since(modem.signalStamp_)
  }
  for (const link of modem.links_) {
    const most = link.state_ === LinkState.Free ? Time.Never : link.isFull_ ? Time.Settle : link.isPending_ || link.state_ === LinkState.Waiting || link.isLeaving_ || link.unacked_ > 0 ? Time.Second : Time.Never
    if (ms > most) ms = most
  }
  const plug = FEATURE_OFFLOAD ? modem.plug_ : undefined
  const own = plug === undefined ? ms : plug.due_(modem, false)
  if (ms > own) ms = own
  if (modem.out_.length > 0 && ms > Time.Serial) ms = Time.Serial
  return ms < 0 ? 0 : ms
}

