/**
 * The HAL, version 1: what yieldmq asks of the hardware, and nothing else.
 *
 * A port is one `Hal` object. Functions that answer with an amount return a number: above 0 an amount,
 * 0 nothing now, below 0 a code. `read` and `get` return Bytes, "" for none. No exception crosses this line, and
 * no member waits for the network: `timer.wait` waits for what it is asked to wait for, `storage`, `crypto` and
 * `restart` may take a stated time, everything else returns at once.
 *
 * Parts are records of `this: void` functions. `Socket` alone has ordinary methods, implemented by a class.
 * A member enters when two ports on different runtimes have it and the core or a tool uses it.
 */

declare const tag: unique symbol

/** A string in which every character is one byte (0 to 255). The brand keeps text from passing for it. */
export type Bytes = string & { readonly [tag]: true }

/** Below 0 an error, 0 nothing, above 0 an amount or a token. The negative ones are listed in firmware/codes.ts. */
export type Code = number

/** What `hal.version` must be. */
export const enum HalVersion { Current = 1 }

/** What `socket.status()` answers. Below 0: a code of `LinkCode` that names the layer that failed. */
export const enum SocketStatus { Opening = 0, Open = 1 }

/**
 * The codes a port may report, -60 to -89: which layer ended or refused the link. They are part of the one list in
 * firmware/codes.ts, so a cause reaches the user unchanged.
 */
export const enum LinkCode {
  /** The peer closed in order (FIN), or we closed. */
  Closed = -60,
  /** The peer reset the connection (RST). */
  Reset = -61,
  /** The name could not be resolved. */
  DnsFailed = -62,
  /** The peer refused the TCP connection. */
  TcpRefused = -63,
  /** The operating system or the module gave up connecting or sending. */
  TcpTimeout = -64,
  /** No route, network down, or another TCP failure. */
  TcpFailed = -65,
  /** The TLS handshake failed. */
  TlsFailed = -66,
  /** The server's certificate was not accepted. */
  TlsCertificate = -67,
  /** The endpoint asks for what this port cannot do (TLS on a board without it). */
  Unsupported = -68,
  /** No socket is free. */
  NoSocket = -69,
  /** The modem's AT layer failed. */
  AtFailed = -70,
  /** The WebSocket or proxy handshake failed. */
  UpgradeFailed = -71,
  /** `storage.set` or `remove` failed. */
  StorageFailed = -72
}

/** How the server is checked and how we identify ourselves. PEM or DER, as the port states. */
export interface TlsOptions {
  ca?: Bytes
  cert?: Bytes
  key?: Bytes
  /** The name sent as SNI and checked against the certificate; the endpoint's host when absent. */
  servername?: string
  alpn?: string
  /** Accept any certificate. Never a default; must be written out. */
  insecureNoVerify?: boolean
}

/** One server. URLs are parsed in hal/host and in tools. */
export interface Endpoint {
  host: string
  /** 1 to 65535. */
  port: number
  tls?: TlsOptions
  /** Present for MQTT over WebSocket: the path of the upgrade request. */
  path?: string
}

/**
 * One connection. It stays Open until every received byte was read, so that a refusal followed by FIN is not lost.
 * A port never accepts what it cannot hold: `credit` is honest, and `write` takes at most that.
 */
export interface Socket {
  /** Opening, Open, or below 0 the `LinkCode` that ended it. */
  status(): Code
  /** At most `max` received bytes, "" for none. */
  read(max: number): Bytes
  /** Takes the first n bytes of `bytes` and returns n, 0 to `credit()`; below 0 a code. */
  write(bytes: Bytes): Code
  /** Bytes that `write` would take now, all of them in one call. */
  credit(): number
  /** Bytes received and not read. */
  pending(): number
  /** Bytes written that the peer has not acknowledged, -1 where the port cannot know. */
  unacked(): number
  /** Closes at once; idempotent. Bytes already taken by `write` are sent where the port can. */
  close(): void
}

export interface SocketHal {
  /** Starts to open and returns at once. Failures show in `status()`, never as an exception. */
  open(this: void, endpoint: Endpoint): Socket
}

/**
 * Time in milliseconds. A module's tick is a 32-bit integer that turns negative after 24.8 days, so the core only
 * ever asks `since(t0)`, which is exact for 0 to 2^30 ms.
 */
export interface TimerHal {
  /** An opaque stamp. */
  ticks(this: void): number
  /** Milliseconds since the stamp `t0`. */
  since(this: void, t0: number): number
  /**
   * Waits until data, credit or a state change on any socket, a `wake`, or `ms` milliseconds, whichever is first. What
   * happened since the last wait ended ends this one at once; a wait may end early, but not as a rule.
   * Returns 0, or below 0 a code: `Stopped` (-36) once for each time the program was asked to end; later waits wait.
   * Absent where the runtime cannot wait (Espruino, event-driven Node).
   */
  wait?: (this: void, ms: number) => Code
  /** Event-driven ports: `fn` is called when a socket has data, credit or a new state, and when `wakeAfter` is due. Returns a handle above 0. */
  onWake?: (this: void, fn: (this: void) => void) => number
  /** Event-driven ports: wake handle `handle` once after `ms`; a later call replaces an earlier one; 2^30 or more means never; below 0 cancels and frees the handle. */
  wakeAfter?: (this: void, handle: number, ms: number) => void
}

export interface SystemHal {
  /** Stable and unique per device: IMEI, MAC, serial. "" while not yet known. ASCII letters and digits. */
  id(this: void): string
  /** 0 to 32767. */
  random(this: void): number
  /** Seconds since 1970, 0 where unknown. For certificates, signatures and deadlines over a reboot, never for keepalive. */
  wallClock(this: void): number
  /** Why the device last started, as a word: "power-on", "watchdog", "brown-out", "software", "deep-sleep" (it woke, as it meant to), "unknown". */
  resetReason(this: void): string
  feedWatchdog(this: void): void
  restart(this: void, reason: string): void
  /** Calls fn(a, b, c) and catches what it throws. Returns fn's number, 0 when it returned none, `CallbackThrew` (-38) when it threw. */
  guard(this: void, fn: (this: void, a: unknown, b: unknown, c: unknown) => unknown, a: unknown, b: unknown, c: unknown): Code
}

export interface TextHal {
  /** UTF-8 bytes of a text. A lone surrogate becomes bytes that are not well-formed UTF-8, so that the core refuses it. */
  utf8(this: void, text: string): Bytes
  /** The text of well-formed UTF-8 bytes. U+FEFF at the start is kept. */
  text(this: void, bytes: Bytes): string
}

/** Optional: the bearer, Wi-Fi or cellular. */
export interface NetworkHal {
  /** 1 ready, 0 not yet, below 0 a code. */
  ready(this: void): Code
  /** Why it is not ready, as a word for the diagnosis. */
  reason(this: void): string
  restart(this: void): void
}

/** Optional: recovery of a modem. Rungs, mildest first: reconnect, socket layer, PDP context, radio, soft reset, RESET pin, power key. */
export interface ModemHal {
  /** dBm, 0 where unknown. */
  signal(this: void): number
  identity(this: void): string
  /** The number of rungs this modem has. */
  rungs(this: void): number
  /** Starts rung 0 to rungs() - 1. Returns the milliseconds to leave it alone, or below 0 a code. */
  climb(this: void, rung: number): Code
}

/**
 * A serial line to a modem, and what hal/at stands on. The line is 8N1. It loses what it cannot hold, as UARTs do, and says so.
 */
export interface SerialHal {
  /**
   * Opens at `baud`, or changes the speed of what is open; `onBytes` is called when bytes came, never from within a call of
   * ours. 0, or below 0 a code.
   */
  open(this: void, baud: number, onBytes: (this: void) => void): Code
  /** At most `max` received bytes, "" for none. */
  read(this: void, max: number): Bytes
  /** Takes the first n bytes and returns n, 0 to `credit()`; below 0 a code: the line is gone. */
  write(this: void, bytes: Bytes): Code
  /** Bytes that `write` would take now. */
  credit(this: void): number
  /** Times that received bytes were lost since the start: a full buffer, a framing error. */
  overruns(this: void): number
  close(this: void): void
}

/** The modem's pins, by the names that board.json has: `powerKey`, `reset`, `power`. */
export interface PinsHal {
  /** True: there is such a pin. */
  has(this: void, name: string): boolean
  /** Holds pin `name` in its active state for `ms`, then lets it go; returns at once. 0, or `Unsupported` where there is no such pin. */
  pulse(this: void, name: string, ms: number): Code
}

/** Optional: a store of small values. Values may be torn by a power loss; the journal copes. */
export interface StorageHal {
  get(this: void, key: string): Bytes
  /** 0, `StorageFailed`, or below 0 another code when the value is larger than `sizeLimit()`; then the old value stays. */
  set(this: void, key: string, bytes: Bytes): Code
  /** 0 or above when there is no value any more, also where there was none; below 0 a code. */
  remove(this: void, key: string): Code
  /** Bytes that one value may have. */
  sizeLimit(this: void): number
}

/** Optional and synchronous. Results are raw bytes, "" for a name the port does not know. */
export interface CryptoHal {
  hash(this: void, name: string, bytes: Bytes): Bytes
  hmac(this: void, name: string, key: Bytes, bytes: Bytes): Bytes
}

/**
 * What MQTT inside a module can do: docs/modems.md. Lengths are in bytes. A call that asks for more is refused before anything is sent, with the
 * member's name as `explain().detail`.
 */
export interface Capabilities {
  /** QoS 2, both ways. */
  qos2: boolean
  /** A receipt of QoS 1 stands for the server's PUBACK, not for the module's OK. */
  puback: boolean
  /** The module tells the code of CONNACK, of SUBACK, and whether the server has a session. */
  connackCode: boolean
  subackCode: boolean
  sessionPresent: boolean
  retain: boolean
  will: boolean
  willRetain: boolean
  /** It can close without DISCONNECT, so that `abort()` has the server send the will. */
  abort: boolean
  maxPayload: number
  /** Of topics and filters. */
  maxTopic: number
  /** Of messages received, one by one. Longer ones are dropped, or come as the module cuts them. */
  maxReceive: number
  maxClientId: number
  maxUsername: number
  maxPassword: number
  /** Of the will's payload and topic. */
  maxWill: number
  maxWillTopic: number
  /** s. */
  minKeepalive: number
  maxKeepalive: number
  /** Publishes without an answer at a time. */
  inflight: number
  /** Messages that the module keeps until they are fetched; 0: it hands them on at once. */
  rxSlots: number
  connections: number
  protocolVersions: number[]
  /** Bytes that cannot be in topics, filters, client id, user name and password; in the will's payload; in payloads. */
  notInText: Bytes
  notInWill: Bytes
  notInPayload: Bytes
}

/** Messages that were lost between the module and the client, and commands that the module refused, since the start. */
export interface OffloadStats {
  /** The module had no place left: lost although the server has its ack. */
  overruns: number
  /** There was no room here: dropped whole. */
  dropped: number
  /** Longer than would ever fit: dropped whole. */
  tooLarge: number
  /** Publishes and requests that ended with an error of the module's. */
  refused: number
}

/** Optional: the socket's other end is MQTT inside a module, which has bounds of its own. One more member than TCP needs: what they are. */
export interface OffloadHal {
  capabilities(this: void): Capabilities
  /** Connections in use, of `capabilities().connections`. */
  used(this: void): number
  /** One live record. */
  stats(this: void): OffloadStats
}

/** The whole port. Checked for presence and version when the client connects: a missing member is a named error. */
export interface Hal {
  version: number
  socket: SocketHal
  timer: TimerHal
  system: SystemHal
  text: TextHal
  network?: NetworkHal
  modem?: ModemHal
  storage?: StorageHal
  crypto?: CryptoHal
  offload?: OffloadHal
}
