/**
 * The virtual network: names, listeners, and the conditions between devices and servers.
 */
import { LinkCode, type Endpoint } from '../hal.js'
import type { Clock } from './clock.js'
import { DEFAULT_CONDITIONS, type Conditions } from './conditions.js'
import { SimConnection, type Direction } from './connection.js'
import type { Random } from './random.js'
import { SimSocket, type SocketOwner } from './socket.js'
import type { Trace } from './trace.js'

export interface ListenOptions {
  /** The server speaks TLS (bytes stay plain in the simulator): `ok`, the handshake `fails`, or its certificate is `untrusted`. */
  tls?: 'ok' | 'fails' | 'untrusted'
  /** Conditions for the connections of this listener. */
  conditions?: Partial<Conditions>
}

/** What a name resolves to: `ok`, `fail`, or an answer that never comes. */
export type NameAnswer = 'ok' | 'fail' | 'hang'
/** What happens to a connect: it works, is `refuse`d, or `hang`s until the device or its TCP gives up. */
export type ConnectAnswer = 'accept' | 'refuse' | 'hang'

interface Listener {
  onConnection: (connection: SimConnection) => void
  options: ListenOptions
  connect: ConnectAnswer
  /** Network conditions with the listener's own laid over them, remade when either changes. */
  conditions: Readonly<Conditions>
  basedOn: Readonly<Conditions>
}

/** What a listener can be told later. */
export interface Listening {
  /** Stops listening: new connections are refused. */
  close(): void
  /** What happens to new connections. */
  connect(answer: ConnectAnswer): void
  /** Conditions for this listener's connections, those that stand included. */
  set(conditions: Partial<Conditions>): void
}

/** Connections and attempts remembered: the newest ones, so that a run of years stays bounded. */
const REMEMBERED = 10000

function remember<T>(list: T[], item: T): void {
  list.push(item)
  if (list.length > REMEMBERED * 2) list.splice(0, list.length - REMEMBERED)
}

export class Network {
  /** Connections that reached a server, in order: the newest 10,000 at least. */
  readonly connections: SimConnection[] = []
  /** Attempts to open a socket, in order, with the time: the newest 10,000 at least. */
  readonly attempts: { t: number; host: string; port: number }[] = []
  private base: Readonly<Conditions>
  private readonly listeners = new Map<string, Listener>()
  private readonly names = new Map<string, { answer: NameAnswer; delayMs: number }>()
  private readonly partedHosts = new Map<string, Direction>()
  private readonly waiting: { host: string; go: () => void }[] = []
  private count = 0
  private idle: { ms: number; how: 'silent' | 'rst' } = { ms: 0, how: 'silent' }

  constructor(private readonly clock: Clock, private readonly random: Random, private readonly trace: Trace, conditions: Partial<Conditions>) {
    this.base = { ...DEFAULT_CONDITIONS, ...conditions }
  }

  /** The connection made last, undefined before the first. */
  get last(): SimConnection | undefined {
    return this.connections[this.connections.length - 1]
  }

  /** The conditions that hold where a listener or a connection has none of its own. */
  conditions(): Readonly<Conditions> {
    return this.base
  }

  set(conditions: Partial<Conditions>): void {
    this.base = { ...this.base, ...conditions }
  }

  /** A server at `host:port`. The name resolves from now on. */
  listen(host: string, port: number, onConnection: (connection: SimConnection) => void, options: ListenOptions = {}): Listening {
    const listener: Listener = { onConnection, options, connect: 'accept', conditions: this.base, basedOn: DEFAULT_CONDITIONS }
    this.listeners.set(`${host}:${port}`, listener)
    if (!this.names.has(host)) this.names.set(host, { answer: 'ok', delayMs: 0 })
    return {
      close: () => {
        if (this.listeners.get(`${host}:${port}`) === listener) this.listeners.delete(`${host}:${port}`)
      },
      connect: (answer) => {
        listener.connect = answer
      },
      set: (conditions) => {
        listener.options = { ...listener.options, conditions: { ...listener.options.conditions, ...conditions } }
        listener.basedOn = DEFAULT_CONDITIONS
      }
    }
  }

  /** How the name is answered, after how many ms. Names without a listener and without this answer `fail`. */
  name(host: string, answer: NameAnswer, delayMs = 0): void {
    this.names.set(host, { answer, delayMs })
  }

  /**
   * A middlebox on the way of every connection (a NAT, a carrier's firewall) forgets a flow that was silent both ways for
   * `ms`: from then on its packets vanish, or are answered with RST. 0 for none. Holds for connections that stand as well.
   */
  idleCut(ms: number, how: 'silent' | 'rst' = 'silent'): void {
    this.idle = { ms, how }
  }

  /**
   * Parts the network: bytes are held and sent again when it heals, RSTs are lost, connects hang.
   * @param direction seen from the device; `none` heals.
   * @param host one server's host, every host when absent.
   */
  partition(direction: Direction | 'none', host = '*'): void {
    if (direction === 'none') this.partedHosts.delete(host)
    else this.partedHosts.set(host, direction)
    for (const connection of this.connections) connection.healed()
    const again = this.waiting.splice(0)
    for (const attempt of again) attempt.go()
  }

  /** Opens a socket for a device. */
  open(owner: SocketOwner, endpoint: Endpoint): SimSocket {
    this.count += 1
    const { host, port } = endpoint
    const key = `${host}:${port}`
    const listener = (): Listener | undefined => this.listeners.get(key)
    let connection: SimConnection | undefined
    const socket = new SimSocket(this.count, owner, () => {
      if (connection !== undefined) return connection.conditions()
      const listening = listener()
      return listening === undefined ? this.base : this.conditionsOf(listening)
    })
    remember(this.attempts, { t: this.clock.now, host, port })
    this.trace.event(this.clock.now, socket.id, `connect ${key}${endpoint.tls === undefined ? '' : ' tls'}`)
    if (endpoint.path !== undefined) {
      this.later(0, () => socket.failed(LinkCode.Unsupported, 'WebSocket is not simulated'))
      return socket
    }
    const giveUpMs = this.base.giveUpMs
    if (giveUpMs > 0) {
      this.clock.schedule(giveUpMs, 'timer', () => {
        if (socket.status() === 0) socket.failed(LinkCode.TcpTimeout, 'TCP gave up connecting')
      })
    }
    const connected = (): void => {
      if (this.parted(host, 'in')) this.waiting.push({ host, go: connected })
      else {
        socket.opened()
        connection?.healed()
      }
    }
    const atServer = (): void => {
      if (socket.vanished) return
      if (this.parted(host, 'out')) {
        this.waiting.push({ host, go: atServer })
        return
      }
      const listening = listener()
      if (listening?.connect === 'hang') return
      const back = (listening === undefined ? this.base : this.conditionsOf(listening)).latencyMs
      if (listening === undefined || listening.connect === 'refuse') {
        this.later(back, () => {
          if (!this.parted(host, 'in')) socket.failed(LinkCode.TcpRefused, 'refused')
        })
        return
      }
      const failure = this.tlsFailure(endpoint, listening)
      if (failure < 0) {
        // One more round trip: the failure shows in the handshake, after TCP stood.
        this.later(3 * back, () => socket.failed(failure, 'TLS failed'))
        return
      }
      const made = new SimConnection(socket.id, host, port, {
        clock: this.clock, random: this.random, trace: this.trace,
        idleCut: () => this.idle, conditions: () => this.conditionsOf(listening), parted: (direction) => this.parted(host, direction)
      }, socket)
      connection = made
      socket.connection = made
      // TLS 1.2 takes two more round trips before the first byte.
      const handshake = endpoint.tls === undefined ? 0 : 4 * back
      this.later(back + handshake, connected)
      this.later(handshake, () => {
        remember(this.connections, made)
        listening.onConnection(made)
      })
    }
    const name = this.names.get(host) ?? { answer: 'fail', delayMs: 0 }
    this.later(name.delayMs, () => {
      if (name.answer === 'hang') return
      if (name.answer === 'fail') socket.failed(LinkCode.DnsFailed, 'name not found')
      else this.later(socket.latency(), atServer)
    })
    return socket
  }

  private later(ms: number, fn: () => void): void {
    this.clock.schedule(ms, 'net', fn)
  }

  private parted(host: string, direction: 'out' | 'in'): boolean {
    const parted = this.partedHosts.get(host) ?? this.partedHosts.get('*')
    return parted === 'both' || parted === direction
  }

  private tlsFailure(endpoint: Endpoint, listener: Listener): number {
    const tls = listener.options.tls
    if (endpoint.tls === undefined) return 0
    if (tls === 'untrusted' && endpoint.tls.insecureNoVerify !== true) return LinkCode.TlsCertificate
    return tls === undefined || tls === 'fails' ? LinkCode.TlsFailed : 0
  }

  private conditionsOf(listener: Listener): Readonly<Conditions> {
    if (listener.basedOn !== this.base) {
      listener.basedOn = this.base
      listener.conditions = { ...this.base, ...listener.options.conditions }
    }
    return listener.conditions
  }
}
