/**
 * The module's inside, as commands see it: state that a reboot clears, files that stay, lines to the host, links to the
 * world.
 */
import { LinkCode, type Bytes, type Endpoint, type Hal } from '../../hal.js'
import { Random } from '../random.js'
import { Desk } from './desk.js'
import type { Family } from './family.js'
import { NO_FAULTS, strikes, type Faults } from './faults.js'
import { Link, LINK_RECEIVE_BUFFER, type LinkEvents } from './link.js'
import type { ModemOptions, Quirks } from './options.js'
import { Power } from './power.js'
import { DEFAULT_RADIO, type Radio } from './radio.js'
import { Registration } from './registration.js'
import { Schedule } from './schedule.js'
import { damage, Wire } from './wire.js'

/** `pdp-lost`: the context is gone and with it every link. `shut`: the host shut the IP layer down. */
export type ModemEvent = 'pdp-lost' | 'shut'

const DEFAULT_QUIRKS: Readonly<Quirks> = {
  cifsrOk: false,
  rxgetLineEnd: true,
  pdpDeact: '+PDP DEACT',
  linkBlank: true,
  openErrorOrder: 'ok-then-result',
  earlyData: 'lost',
  whileBusy: 'hold',
  swallowLineFeed: true,
  closedAtPrompt: 'error-after-data',
  oldEsp: false,
  cchRecvOk: 'first',
  automaticContext: false
}

const DEFAULT_BAUD = 115200
/** Names given addresses by the module's DNS; the oldest go. */
const NAMES_LIMIT = 256
/** ms after the final of AT+IPR at which the new speed holds. */
const NEW_SPEED_MS = 10
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/

export class Modem {
  readonly radio: Radio
  readonly faults: Faults
  readonly quirks: Quirks
  readonly random: Random
  readonly schedule: Schedule
  readonly wire: Wire
  readonly desk: Desk
  readonly power: Power
  readonly registration: Registration
  /** The file system, which stays: certificates. */
  readonly files = new Map<string, Bytes>()
  /** Settings that AT&W saved, and those that stay by themselves. */
  readonly saved = new Map<string, string>()
  /** Boots so far. What belongs to an earlier one does nothing any more. */
  life = 0
  /** Bits a second, 0 until an automatic one was heard. */
  baud: number
  /** AT+CMEE. */
  errors = { mode: 0 }
  echoes: boolean
  /** Bytes that came while nobody listened: off, booting, hung, another speed. */
  unheard = 0
  links: Link[] = []
  private readonly slots = new Map<string, unknown>()
  private readonly names = new Map<string, string>()
  private watchers: ((event: ModemEvent) => void)[] = []
  private readonly bannerWaiting: string[] = []
  private hung = false
  private heard = ''

  constructor(readonly family: Family, readonly options: ModemOptions, private readonly world: Hal, deliver: (bytes: Bytes) => void) {
    this.random = new Random(options.seed ?? 1)
    this.radio = { ...DEFAULT_RADIO, ...options.radio }
    this.faults = { ...NO_FAULTS, ...options.faults }
    this.quirks = { ...DEFAULT_QUIRKS, ...family.quirks, ...options.quirks }
    this.baud = options.baud ?? DEFAULT_BAUD
    this.echoes = options.echo ?? true
    this.errors.mode = family.errorMode
    this.schedule = new Schedule(world.timer, () => this.poll())
    this.wire = new Wire({
      schedule: this.schedule, random: this.random.fork('wire'), faults: this.faults, plain: family.plain,
      pacing: options.pacing ?? false, baud: () => this.baud || DEFAULT_BAUD, deliver
    })
    this.registration = new Registration(this)
    this.desk = new Desk(this, [...options.tables ?? [], ...family.tables])
    const rules = options.bootMs === undefined ? family.power : { ...family.power, bootMs: options.bootMs }
    this.power = new Power(this.schedule, rules, options.keyStrapped ?? false, {
      dark: () => this.dark(),
      ready: () => this.ready(),
      goodbye: () => {
        if (family.goodbye !== '') this.line(family.goodbye)
      }
    })
    if ((options.start ?? 'on') === 'on') this.power.state = 'on'
    else if (options.keyStrapped === true || rules.keyOnMs === 0) this.power.boot('power')
  }

  /** Bytes on RXD. */
  input(bytes: string, baud: number): string {
    const came = damage(this.faults, this.random, bytes, 'In')
    if (this.power.state !== 'on' || this.hung || !this.matches(came, baud)) {
      this.unheard += came.length
      return came
    }
    this.desk.take(came)
    return came
  }

  line(text: string): void {
    this.wire.line(text)
  }

  /** Bytes that nothing comes between. */
  data(bytes: string): void {
    this.wire.bytes(bytes)
  }

  echo(c: string): void {
    this.wire.bytes(c)
  }

  /** Runs `fn` after `ms`, unless the module reboots before. */
  after(ms: number, fn: () => void): void {
    const life = this.life
    this.schedule.after(ms, () => {
      if (life === this.life) fn()
    })
  }

  later(ms: number, line: string): void {
    this.after(ms, () => this.line(line))
  }

  /** State in RAM: made when first asked for, gone with a reboot. */
  slot<T>(name: string, make: () => T): T {
    if (!this.slots.has(name)) this.slots.set(name, make())
    return this.slots.get(name) as T
  }

  watch(fn: (event: ModemEvent) => void): void {
    this.watchers.push(fn)
  }

  tell(event: ModemEvent): void {
    for (const watcher of [...this.watchers]) watcher(event)
  }

  /** True: the module refuses to send what it took (a fault). */
  refuses(what: string): boolean {
    return strikes(this.faults, this.random, 'sendFail', what)
  }

  /** For the desk: a final line, late where a fault makes it so. */
  sendFinal(line: string | undefined, done: () => void): void {
    const { faults, random } = this
    if (line === undefined) done()
    else if (strikes(faults, random, 'lateFinal', line)) {
      this.after(random.int(faults.lateFinalMs[0], faults.lateFinalMs[1]), () => {
        this.line(line)
        done()
      })
    } else {
      this.line(line)
      done()
    }
  }

  /** For the desk: a prompt. Where a fault stands in its place the module waits for data all the same. */
  invite(text: string, ready: () => void): void {
    this.wire.prompt(text)
    ready()
  }

  /** True where a data context can come up now, and links with it. */
  get online(): boolean {
    return this.family.online === undefined ? this.registration.allowsData : this.family.online(this)
  }

  /** Changes what the module sees, and lets it say what it would. */
  changeRadio(patch: Partial<Radio>): void {
    const before = this.registration.all()
    const sim = this.radio.sim
    Object.assign(this.radio, patch)
    if (this.power.state !== 'on') return
    if (sim !== this.radio.sim) this.line(this.radio.sim === 'ready' ? '+CPIN: READY' : '+CPIN: NOT READY')
    this.registration.report(before)
  }

  /**
   * Opens a link. The module's own checks come first: no DNS, no certificate.
   * @param number the module's own for it: what `dropLink` asks for.
   * @param refused a `LinkCode` where the module knows by itself that it cannot.
   */
  open(number: number, endpoint: Endpoint, events: LinkEvents, refused = 0): Link {
    const named = this.names.get(endpoint.host)
    const host = named ?? endpoint.host
    const noDns = this.radio.dns === 'fail' && named === undefined && !ADDRESS.test(host)
    const failure = noDns ? LinkCode.DnsFailed : refused
    const owner = { sockets: this.world.socket, soon: () => this.soon(), receiveBuffer: this.options.receiveBuffer ?? LINK_RECEIVE_BUFFER }
    const link = new Link(owner, number, { ...endpoint, host }, this.guarded(events), failure)
    this.links = [...this.links.filter((one) => one.state !== 'closed'), link]
    this.after(this.family.connectMs, () => {
      if (link.state === 'opening') link.drop(LinkCode.TcpTimeout)
    })
    return link
  }

  /** The module's DNS: an address that leads to `name` when it is opened. `` where it cannot. */
  resolve(name: string): string {
    if (ADDRESS.test(name)) return name
    if (this.radio.dns === 'fail') return ''
    for (const [address, known] of this.names) if (known === name) return address
    const index = this.slot('names', () => ({ count: 0 }))
    index.count += 1
    const address = `203.0.113.${index.count % 254 + 1}`
    this.names.delete(address)
    this.names.set(address, name)
    if (this.names.size > NAMES_LIMIT) this.names.delete(this.names.keys().next().value!)
    return address
  }

  /** Seconds since 1970 as the network knows them, 0 where it does not. */
  wallClock(): number {
    return this.world.system.wallClock()
  }

  closeLinks(): void {
    const links = this.links
    this.links = []
    for (const link of links) link.close()
  }

  /** The network ends the context: links go without a word of their own, and the family says what it says. */
  loseContext(): void {
    this.closeLinks()
    if (this.power.state !== 'on') return
    this.tell('pdp-lost')
    this.family.contextLost(this)
  }

  /** Answers nothing any more until reset or power. */
  hang(): void {
    this.hung = true
    this.wire.mute(true)
  }

  setBaud(baud: number): void {
    this.after(NEW_SPEED_MS, () => {
      this.baud = baud
      this.heard = ''
    })
  }

  close(): void {
    this.life += 1
    this.closeLinks()
    this.schedule.close()
  }

  private soon(): void {
    this.schedule.after(0, () => undefined)
  }

  private poll(): void {
    for (const link of this.links) link.poll()
  }

  private guarded(events: LinkEvents): LinkEvents {
    const life = this.life
    const alive = (): boolean => life === this.life
    return {
      opened: () => { if (alive()) events.opened() },
      failed: (code) => { if (alive()) events.failed(code) },
      data: (fresh) => { if (alive()) events.data(fresh) },
      closed: (code) => { if (alive()) events.closed(code) }
    }
  }

  /** Everything in RAM is gone. */
  private dark(): void {
    this.life += 1
    this.closeLinks()
    this.slots.clear()
    this.names.clear()
    this.watchers = []
    this.bannerWaiting.length = 0
    this.desk.reset()
    this.wire.forget()
    this.wire.mute(false)
    this.hung = false
    this.heard = ''
    this.registration.reset()
    this.errors.mode = this.family.errorMode
    this.echoes = this.saved.get('echo') !== '0' && (this.options.echo ?? true)
    this.baud = Number(this.saved.get('baud') ?? this.options.baud ?? DEFAULT_BAUD)
  }

  private ready(): void {
    this.registration.search()
    for (const [ms, line] of this.family.banner(this)) {
      this.after(ms, () => {
        // At an automatic speed nothing is said until the host was heard.
        if (this.baud === 0) this.bannerWaiting.push(line)
        else this.line(line)
      })
    }
  }

  /** True where the module understands this speed; trains an automatic one. */
  private matches(bytes: string, baud: number): boolean {
    if (this.baud !== 0) return baud === 0 || baud === this.baud
    this.heard = (this.heard + bytes).slice(-2)
    if (this.heard !== 'AT' && !bytes.includes('AT')) return false
    this.baud = baud === 0 ? DEFAULT_BAUD : baud
    for (const line of this.bannerWaiting.splice(0)) this.line(line)
    return true
  }
}
