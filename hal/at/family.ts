/**
 * What a family of modems is to hal/at: a table. Scripts are texts, a step a line, so that they take no memory but their own.
 *
 * A step is a command and what answers it, parted by `|`:
 *
 *   12            seconds until its final line must have come; 9 when absent
 *   =PATTERN      the final line of success, in place of OK; it may stand there more than once
 *   ?PATTERN      an information line without which the step has not succeeded: the phase is tried again a second later
 *   !word:PATTERN an information line that gives the phase's failure another name
 *   >x            a prompt, then the bytes named by the parameter `x`
 *   +PATTERN      the later line of success, before or after the final one
 *   -PATTERN      the later line of failure
 *   ~75           seconds until the later line must have come
 *   <PATTERN      the final line of failure, besides ERROR and +CME ERROR
 *   &PATTERN      the final line of "not now": it is sent again in a moment
 *   ;PATTERN      the line that stands for a prompt
 *   *             its failure does not matter
 *   /             after its success the rest of the phase is passed over
 *   _             the next command waits a moment: another line may follow the final one
 *
 * `%x` in the command is a parameter: see `parameter` in modem.ts. `{x}` before the command: only where `x` is. A line that begins
 * with # begins a phase: `#trouble seconds word`: the failure it is, how long it is tried, and its name. Patterns: match.ts.
 */
import type { Bytes } from '../../firmware/bytes.js'
import type { Pulses } from './ladder.js'

/** What an unsolicited line means, and what begins counted bytes. */
export const enum Event {
  /** Known, and of no importance. */
  Nothing,
  /** The module began anew, or went off. */
  Reboot,
  /** The bearer is gone. */
  BearerLost,
  /** The peer closed link %n. */
  Closed,
  /** Link %n has received bytes. */
  Readable,
  /** What was asked for: %l counted bytes follow; %r (where the pattern has it) stay behind. */
  Data,
  /** %e says why what is under way will fail. */
  Note,
  /** As `Data`, and nothing says how many stay behind. */
  DataMore,
  /** Signal: %e as in AT+CSQ. */
  Signal,
  /** It is busy with what came before: the command is to be sent again. */
  Busy,
  /** From here on they belong to native MQTT. */
  Native = 32
}

/** The scripts of a family; 1 to 4 are the rungs of these numbers, "" where the family has no such rung. */
export const enum Script {
  /** Once after each start of the module, when it answers. */
  Setup,
  SocketLayer,
  PdpContext,
  Radio,
  SoftReset,
  /** From SIM to a bearer with an address. All of it may be run again at any time: what stands, is not touched. */
  BringUp
}

/** How links are opened, used and closed: once for TCP and once for TLS. */
export interface Links {
  /** Gives the module the certificates: once after each of its starts, and when they change. */
  upload?: Bytes
  /** Run before each open. */
  prepare?: Bytes
  /** The module can check a server's certificate. Where it cannot, only `insecureNoVerify` will do. */
  verifies: boolean
  /** Resolves the name `%h`; the address is the %t of its later line. Absent: `open` takes names. */
  resolve?: Bytes
  open: Bytes
  send: Bytes
  read: Bytes
  close: Bytes
  /** Asks how many bytes the peer has not acknowledged: the %l of its information line. Absent: the module does not say. */
  acked?: Bytes
  /** The %r of that line is how many it was given in all: asked after each send, for its final line does not say how many it took. */
  counts: boolean
  /** Line ends behind the bytes of a read, that of an empty line before OK included. */
  ends: number
  /** Bytes in one send, and in one read. */
  maxSend: number
  maxRead: number
  /** Links at a time. */
  count: number
  /** After the peer closed it, a link must be closed as well. */
  mustClose: boolean
}

export interface Family {
  /** "air780". */
  name: string
  /** What is sent rarely, made when it is wanted: as a text it would always be in memory. */
  script: (this: void, which: Script) => Bytes
  /** Sets the DNS servers `%d`, and is sent when a name was not found. "" where there is no such command. */
  dns: Bytes
  /** Sent now and then while nothing else is to do: the signal. */
  signal: Bytes
  pulses: Pulses
  /** Quotes, commas and backslashes in names and passwords are written with a backslash; elsewhere quotes cannot be written at all. */
  escapes: boolean
  /** What %e says of a link that failed: a number and its LinkCode, by turns. */
  codes: number[]
  /** A pattern and an Event, by turns. */
  rows: (string | number)[]
  /** Those that other families have as well. */
  common: (string | number)[]
  /** As `rows`, for patterns with %$. */
  heads: (string | number)[]
  tcp: Links
  tls?: Links | undefined
}
