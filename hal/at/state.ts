/** One modem: a flat record, and what its parts know of each other. */
import type { Bytes, Code } from '../../firmware/bytes.js'
import type { Endpoint, PinsHal, SerialHal, Socket, StorageHal, TimerHal, TlsOptions } from '../hal.js'
import type { Engine } from './engine.js'
import type { Family, Links } from './family.js'
import type { Ladder, Pulses, Trouble } from './ladder.js'
import type { Found } from './match.js'

/** What the user says of the bearer and of this wiring. */
export interface AtOptions {
  /** Access point name, user and password; the network's own where absent. ESP-AT: name and password of the Wi-Fi. */
  apn?: string
  user?: string
  password?: string
  /** Asked when the network's own DNS servers do not find a name. ["223.5.5.5", "119.29.29.29"] when absent; [] for none. */
  dns?: string[]
  /** Bits per second; 115200 when absent. */
  baud?: number
  /** Bytes in one read from the module; 1024 when absent. No more than the UART's buffer holds, where there is no flow control. */
  readMax?: number
  /** Bytes received and unread on one link before no more are fetched; 2048 when absent. Then TCP holds the peer back. */
  unreadMax?: number
  /** ms between samples of the signal while nothing else is to do, 0 for none; 60000 when absent. */
  signalEvery?: number
  pins?: PinsHal
  /** Widths of pulses; the family's when absent. */
  pulses?: Pulses
  /** Keeps the ladder's record over a reboot. Not in builds without FEATURE_STATS: nothing but a diagnosis asks for it. */
  storage?: StorageHal
}

/** What the command under way is for. */
export const enum Job { None, Sync, Script, Resolve, Open, Send, Read, Acked, Close, Signal, Dns, Plug }

/** Where the module stands. */
export const enum Stage {
  /** It is left alone: pulses, a boot, or the ladder is parked. */
  Rest,
  /** It is called until it answers. */
  Boot,
  Setup,
  BringUp,
  Ready,
  /** A link's `prepare` is run. */
  Prepare,
  /** A rung's commands are sent. */
  Rung
}

export const enum LinkState { Free, Waiting, Opening, Open, Over }

/** A link's place; its socket is the user's. */
export interface Link {
  n_: number
  state_: LinkState
  endpoint_: Endpoint
  table_: Links
  /** As it stands in `open`: the host, or its address when it was resolved. */
  address_: string
  /** Received and not read. */
  unread_: Bytes
  /** Something came. */
  isHeard_: boolean
  /** Taken and not sent; the first `flying_` of them are in the command under way. */
  out_: Bytes
  flying_: number
  /** Sent, and not acknowledged by the peer as far as the module says; since when it was not asked. */
  unacked_: number
  askedAt_: number
  /** The module has no room for more. */
  isFull_: boolean
  /** The module has more. */
  isReadable_: boolean
  /** Other than 0: the code with which it ends when all is read. */
  ended_: Code
  /** The user closed it: what was taken is still sent. */
  isLeaving_: boolean
  /** Sent in all, where the module is asked for it. */
  sent_: number
  /** The module has said that it is as many. */
  isCounted_: boolean
  /** What its socket says in the end. */
  code_: Code
  /** The module's link exists and must be closed. */
  isMade_: boolean
  /** Its address is known; other servers were asked for it. */
  isFound_: boolean
  isAsked_: boolean
  /** The module opens it, and says so later: within `limit_` ms of `stamp_`. */
  isPending_: boolean
  limit_: number
  /** The table's `prepare` was run for it. */
  isPrepared_: boolean
  /** Since it was opened, or since the user closed it. */
  stamp_: number
}

/** MQTT inside the module, where it is used: native.ts. */
export interface Plug {
  /** As those of `Family`: lines, asked before its own, and beginnings, in place of its own. */
  rows_: (string | number)[]
  heads_: (string | number)[]
  open_: (this: void, modem: Modem, endpoint: Endpoint) => Socket
  /** The modem is ready and has nothing to do: begins something, or says false. */
  next_: (this: void, modem: Modem) => boolean
  /** A line with an event of `Event.Native` or above; gives the counted bytes that follow it. */
  line_: (this: void, modem: Modem, event: number) => number
  raw_: (this: void, bytes: Bytes) => void
  /** What `next_` began has ended. */
  done_: (this: void, modem: Modem, code: Code) => void
  /** Parameters of its own. */
  parameter_: (this: void, modem: Modem, name: number) => Bytes
  /** Its connection stands: the ladder counts it as a link. */
  isUp_: (this: void) => boolean
  /** ms until it wants to be called, `isQuiet` where nothing came in the meantime. */
  due_: (this: void, modem: Modem, isQuiet: boolean) => number
  /** The module or its bearer went. */
  lost_: (this: void, code: Code) => void
}

export interface Modem extends Engine {
  serial_: SerialHal
  timer_: TimerHal
  family_: Family
  options_: AtOptions
  pulses_: Pulses
  found_: Found
  ladder_: Ladder
  plug_: Plug | undefined
  /** Bytes that the serial line did not take yet. */
  out_: Bytes

  /** The command under way: what for, its step, what was sent, and what goes after the prompt. */
  job_: Job
  step_: Bytes
  sent_: Bytes
  data_: Bytes
  /** The link that the command, or the script, is for. */
  link_: Link | undefined
  /** They went. */
  isGiven_: boolean
  /** The module may wait for bytes of a link: whatever is sent now is taken for them, and goes to the peer. Only a pin helps. */
  isStuck_: boolean
  /** What a read has brought so far: the link's when the read has ended well. */
  held_: Bytes
  /** The final line has come; a later line, an information line are still missing; its time was up. */
  isFinal_: boolean
  isLater_: boolean
  isMissing_: boolean
  isLate_: boolean
  /** One was not answered in time: the module may have begun anew, and said so where counted bytes were expected. */
  isDoubted_: boolean
  /** The module was busy: the command goes again. */
  isBusy_: boolean
  code_: Code
  /** Since when, and ms until the final line, and the later one, must have come. */
  stamp_: number
  limit_: number
  laterLimit_: number
  /** What the module said of a failure before it failed, as %e. */
  note_: number
  /** Bytes that were asked for, or are sent. */
  asked_: number
  /** Bytes that the last row took of its line. */
  used_: number
  /** The counted bytes that come now are the plug's, not the link's. */
  isPlugRaw_: boolean

  stage_: Stage
  /** The script, where its next step begins; its phase: where, since when, for how long, its Trouble. */
  script_: Bytes
  at_: number
  phaseAt_: number
  phaseStamp_: number
  phaseMs_: number
  trouble_: Trouble
  /** Why the bearer is not there, as a word; "" while nothing says that it is not. What the phase's present try has to say. */
  word_: string
  said_: string
  /** Since when the module is left alone, and for how long; 0: it is not. */
  restStamp_: number
  restMs_: number
  /** Calling: tries left, answers to the last, whether one is out, lines of any kind. */
  tries_: number
  oks_: number
  isSent_: boolean
  heard_: number
  /** Other than None: the bearer is looked at before the next link. */
  check_: Trouble
  /** So it is, and nothing is its fault if it is there. */
  isLook_: boolean
  /** That is done now: until it fails the bearer counts as there. */
  isLooking_: boolean
  rung_: number
  /** A rung that the program wants, and that must wait for the command under way; or -1. */
  wanted_: number

  links_: Link[]
  /** The link that was served last, and how. */
  turn_: number
  isReading_: boolean
  /** Whose certificates the module has. */
  tls_: TlsOptions | undefined
  /** dBm, 0 where unknown. */
  dbm_: number
  signalStamp_: number
  identity_: string
  /** Restarts that nobody asked for, and lines that nobody knows. */
  reboots_: number
  unknown_: number
  /** Something that clients wait for has happened. */
  isChanged_: boolean
  /** A socket wants something: the next turn comes at once. */
  isEager_: boolean
  /** Its handle at the timer. */
  handle_: number
  /** What stands above the part that wants it. */
  done_: (this: void, modem: Modem, job: Job, code: Code, link: Link | undefined) => void
  event_: (this: void, modem: Modem, event: number) => number
  work_: (this: void, modem: Modem) => void
  wakeSoon_: (this: void, modem: Modem) => void
}
