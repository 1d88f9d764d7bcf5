/** From a seed to a script: every choice comes from the seed, so `--from K` replays what was seen. */
import { Random, type Conditions } from '../../hal/sim/index.js'
import type { Qos } from '../../firmware/types.js'
import { generateEvents } from './generate-events.js'
import { extend } from './generate-more.js'
import { addRare } from './generate-rare.js'
import { addModem } from './generate-modem.js'
import { MODEMS, PROFILES, type ClientOptions, type FeatureSet, type Profile, type Program, type Script, type ServerOptions } from './script.js'

/** Draws from one stream. */
export class Draw {
  constructor(readonly random: Random) {}

  int(low: number, high: number): number {
    return this.random.int(low, high)
  }

  chance(probability: number): boolean {
    return this.random.chance(probability)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random.int(0, items.length - 1)] as T
  }

  /** From `low` to `high`, every order of magnitude as likely as another. */
  logarithmic(low: number, high: number): number {
    return Math.round(low * Math.pow(high / low, this.random.next()))
  }
}

/** What a kind of script leaves to the seed. */
export interface Wanted {
  profile: Profile
  features: FeatureSet
  /** Simulated days of each scenario; 0 for minutes to hours, by the seed. */
  days: number
  /** Through a modem of this family; `all` takes them in turn by seed. Absent: the device's own sockets. */
  modem?: ModemChoice
}

export type ModemChoice = (typeof MODEMS)[number] | 'all'

const DAY_MS = 86_400_000

function chosen(profile: Profile, draw: Draw): Script['profile'] {
  if (profile !== 'mixed') return profile
  const own = PROFILES.filter((name): name is Script['profile'] => name !== 'mixed')
  return draw.pick(['honest', 'honest', ...own] as const)
}

function limitsOf(draw: Draw, features: FeatureSet): NonNullable<ClientOptions['limits']> {
  const packetIn = draw.pick([128, 256, 1024])
  return {
    packetIn, packetOut: draw.pick([160, 256, 1024]),
    outboxCount: draw.pick([2, 4, 16, 64]), outboxBytes: draw.pick([400, 2000, 16384]),
    inflight: draw.pick([1, 2, 5, 20]), subscriptions: draw.pick([4, 8]),
    slicePackets: draw.pick([1, 2, 8, 256]), sliceBytes: draw.pick([16, 100, 1072, 65536]),
    ...(features === 'tiny' ? {} : { inboxCount: draw.pick([1, 2, 8]), inboxBytes: draw.pick([packetIn * 2, 4096]), streamMax: draw.pick([4000, 262144]) })
  }
}

function clientOf(draw: Draw, profile: Script['profile'], features: FeatureSet): ClientOptions {
  const protocolVersion = features === 'tiny' ? 4 : features === 'standard' ? draw.pick([3, 4, 4] as const) : draw.pick([3, 4, 4, 5, 5, 5] as const)
  const clean = draw.chance(profile === 'power' ? 0.2 : 0.35)
  const client: ClientOptions = { protocolVersion, clean, keepalive: draw.pick([0, 4, 10, 10, 30, 60, 120]) }
  if (draw.chance(profile === 'slow' ? 0.8 : 0.5)) client.limits = limitsOf(draw, features)
  if (draw.chance(0.2)) client.jitter = false
  if (draw.chance(0.2)) client.ackTimeout = draw.pick([5000, 20000])
  if (draw.chance(0.2)) client.reconnectPeriod = draw.pick([200, 5000])
  if (draw.chance(0.2)) client.onSessionLost = 'report'
  if (draw.chance(0.3)) client.will = { topic: 'will', payload: 'gone' as never, qos: draw.pick([0, 1] as Qos[]), retain: draw.chance(0.3) }
  if (features === 'full' && draw.chance(profile === 'power' ? 0.7 : 0.1)) client.journal = true
  if (features !== 'tiny') {
    if (draw.chance(0.5)) client.whenFull = draw.pick(['drop-oldest', 'drop-newest', 'keep-latest'])
    if (draw.chance(0.4)) client.cache = draw.pick(['overwrite-oldest', 'push-back'])
  }
  if (protocolVersion === 5) {
    if (draw.chance(0.5)) client.topicAliasOut = draw.pick([1, 2, 4])
    client.properties = {
      ...(draw.chance(0.5) ? { receiveMaximum: draw.pick([1, 2, 10]) } : {}),
      ...(draw.chance(0.5) ? { topicAliasMaximum: draw.pick([1, 5]) } : {}),
      ...(clean || profile !== 'session-losing' ? {} : { sessionExpiryInterval: draw.pick([5, 30, 3600]) })
    }
  }
  return client
}

function programOf(draw: Draw, features: FeatureSet, duration: number): Program {
  const near = draw.int(0, duration)
  const wrap = draw.pick(['int32', 'int32', 'uint32'] as const)
  return {
    waits: draw.chance(0.5),
    periodMs: draw.pick(duration > 600_000 ? [1000, 10_000, 60_000] : [50, 500, 5000]),
    takeEvery: draw.pick([1, 1, 3, 10]),
    startTicks: draw.pick([0, 2147483648 - near, 4294967296 - near]),
    wrap,
    servers: features === 'tiny' ? 1 : draw.pick([1, 1, 1, 2, 3]),
    handler: draw.pick(['plain', 'plain', 'publishes', 'throws'] as const),
    streams: features !== 'tiny' && draw.chance(0.4)
  }
}

function serverOf(draw: Draw, client: ClientOptions): ServerOptions {
  const server: ServerOptions = {}
  // Before 5.0 a server cannot say so and closes over each message. A will above it would be refused at every CONNECT, rightly.
  if (client.protocolVersion === 5 && draw.chance(0.15)) server.maximumQoS = Math.max(draw.pick([0, 1]), client.will?.qos ?? 0) as Qos
  if (client.protocolVersion !== 5) return server
  if (draw.chance(0.5)) server.receiveMaximum = draw.pick([1, 2, 3, 10])
  if (draw.chance(0.6)) server.topicAliasMaximum = draw.pick([1, 2, 10])
  if (draw.chance(0.2)) server.maximumPacketSize = draw.pick([200, 600, 4000])
  if (draw.chance(0.25)) server.serverKeepAlive = draw.pick([5, 20, 90])
  return server
}

function networkOf(draw: Draw, profile: Script['profile']): Partial<Conditions> {
  const network: Partial<Conditions> = { latencyMs: draw.pick([1, 10, 40, 150]), knowsUnacked: draw.chance(0.6) }
  if (draw.chance(0.3)) network.jitterMs = draw.pick([5, 100])
  if (draw.chance(0.2)) network.giveUpMs = draw.pick([20_000, 60_000])
  if (profile === 'slow' || draw.chance(0.15)) {
    Object.assign(network, {
      latencyMs: draw.pick([10, 150, 600, 1500]),
      piecesIn: draw.pick([1, 3, 268, 1460, 'random'] as const), piecesOut: draw.pick([1, 7, 536, 1460, 'random'] as const),
      sendBuffer: draw.pick([40, 200, 1460, 5840]), receiveBuffer: draw.pick([40, 536, 5840]),
      writeMax: draw.pick([0, 0, 1, 16, 64]), writeGapMs: draw.pick([1, 10]), shortWriteChance: draw.pick([0, 0, 0.3])
    } satisfies Partial<Conditions>)
    if (draw.chance(0.3)) network.bandwidth = draw.pick([2000, 20_000])
  }
  return network
}

/** The script of a seed. */
export function generate(seed: number, wanted: Wanted): Script {
  const random = new Random(seed).fork('script')
  const draw = new Draw(random.fork('choices'))
  const profile = chosen(wanted.profile, draw)
  const duration = wanted.days > 0 ? Math.round(wanted.days * DAY_MS) : draw.logarithmic(20_000, 5_400_000)
  const client = clientOf(draw, profile, wanted.features)
  const program = programOf(draw, wanted.features, Math.min(duration, 1_000_000_000))
  const script: Script = {
    version: 1, seed, profile, features: wanted.features, duration, client, program,
    server: serverOf(draw, client), network: networkOf(draw, profile), events: []
  }
  script.events = generateEvents(script, new Draw(random.fork('events')), wanted.days)
  const whole = addRare(extend(script, new Draw(random.fork('more'))), new Draw(random.fork('rare')))
  if (wanted.modem === undefined) return whole
  return addModem(whole, new Draw(random.fork('modem')), wanted.modem === 'all' ? MODEMS[seed % MODEMS.length]! : wanted.modem)
}
