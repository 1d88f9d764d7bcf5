/** What the world does to the device. */
import type { Bytes } from '../../firmware/types.js'
import { DEFAULT_CONDITIONS, type Direction } from '../../hal/sim/index.js'
import { DEFAULT_RADIO } from '../../hal/sim/modem/radio.js'
import type { Program } from './program.js'
import { FILTERS, TOPICS, type ScriptEvent } from './script.js'
import { Second } from './second.js'
import { HOSTS } from './server.js'
import type { Link } from './link.js'
import type { World } from './world.js'

/** Faults under way, each with its number: the one that began last ends it. */
export class Faults {
  private readonly current = new Map<string, number>()
  private serial = 0
  private parted: Direction | undefined
  private readonly second: Second

  constructor(private readonly world: World, private readonly program: Program) {
    this.second = new Second(world)
  }

  /** Does it; what lasts ends by itself. */
  apply(event: ScriptEvent): void {
    const { world } = this
    const { sim, server } = world
    const connection = world.link?.connectionOf()
    switch (event.do) {
      case 'brokerPublish':
        for (let i = event.times ?? 1; i > 0; i--) this.brokerPublish(event.filter, event.qos, event.bytes, event.retain === true)
        break
      case 'partition':
        this.part(event.direction)
        this.during('partition', event.ms, () => this.heal())
        break
      case 'halfOpen':
        if (world.link !== undefined && connection?.open === true) {
          connection.halfOpen(event.direction)
          this.die(world.link)
        }
        break
      case 'rst': connection?.rst(); break
      case 'fin': connection?.close(); break
      case 'forget':
        if (world.link !== undefined && connection?.open === true) {
          connection.forget()
          this.die(world.link)
        }
        break
      case 'takeover': server.kick(); break
      case 'loseSession': server.loseSession(); break
      case 'restart': server.restart(event.ms, event.lose); break
      case 'stall':
        connection?.stall(true)
        this.during(`stall ${connection?.id}`, event.ms, () => connection?.stall(false))
        break
      case 'slowRead':
        connection?.slowRead(event.rate)
        this.during(`stall ${connection?.id}`, event.ms, () => connection?.stall(false))
        break
      case 'link':
        sim.network.set(event.conditions)
        this.during('link', event.ms, () => sim.network.set({ ...DEFAULT_CONDITIONS, ...world.script.network }))
        break
      case 'refuse':
      case 'hang':
        server.connects(event.do)
        this.during('connect', event.ms, () => server.connects('accept'))
        break
      case 'dnsFail':
      case 'dnsHang':
        sim.network.name(HOSTS[0], event.do === 'dnsFail' ? 'fail' : 'hang')
        this.during('dns', event.ms, () => sim.network.name(HOSTS[0], 'ok'))
        break
      case 'flap':
        server.flap = true
        this.during('flap', event.ms, () => { server.flap = false })
        break
      case 'refuseConnect':
        server.refuseConnect = event.code
        this.during('refuseConnect', event.ms, () => { server.refuseConnect = 0 })
        break
      case 'refusePublish':
        server.refusePublish = event.code
        this.during('refusePublish', event.ms, () => { server.refusePublish = 0 })
        break
      case 'muteAcks':
        server.muteAcks = true
        this.during('muteAcks', event.ms, () => { server.muteAcks = false })
        break
      case 'muteSubacks':
        server.muteSubacks = true
        this.during('muteSubacks', event.ms, () => { server.muteSubacks = false })
        break
      case 'idleCut':
        sim.network.idleCut(event.idle, event.how)
        this.during('idleCut', event.ms, () => sim.network.idleCut(0))
        break
      case 'address':
        ;(world.modem === undefined ? sim.device : world.modem.module).changeAddress()
        if (world.link !== undefined && connection?.open === true) this.die(world.link)
        break
      case 'bearer':
        this.bearer(false)
        this.during('bearer', event.ms, () => this.bearer(true))
        break
      case 'storeFails': sim.device.storage.fail(event.writes); break
      case 'storeFull':
        sim.device.storage.full(0)
        this.during('storeFull', event.ms, () => sim.device.storage.full(Infinity))
        break
      case 'second':
        this.second.begin()
        this.during('second', event.ms, () => this.second.end())
        break
      case 'poison':
        server.poison = TOPICS[event.topic]!
        this.during('poison', event.ms, () => { server.poison = '' })
        break
      case 'line':
        world.modem?.line(event.faults)
        this.during('line', event.ms, () => world.modem?.usualLine())
        break
      case 'radio': {
        const { modem } = world
        if (modem === undefined) break
        const before = Object.fromEntries(Object.keys(event.radio).map((key) => [key, DEFAULT_RADIO[key as 'sim']]))
        modem.radio(event.radio)
        this.during(`radio ${Object.keys(event.radio).join(' ')}`, event.ms, () => modem.radio(before))
        break
      }
      case 'silence': world.modem?.emulator.silence(event.ms); break
      case 'pdpLost': world.modem?.emulator.losePdp(); break
      case 'moduleReboot': world.modem?.emulator.reboot(); break
      case 'moduleHang': world.modem?.emulator.hang(); break
      case 'moduleOff': world.modem?.emulator.powerOff(); break
      case 'linksDrop': world.modem?.emulator.dropLink(); break
      case 'reboot':
        this.powerCycle()
        break
      case 'powerCut':
        if (event.write < 1) this.powerCycle()
        else sim.device.storage.cut(event.write, event.bytes < 0 ? Infinity : event.bytes)
        break
      default:
        break
    }
  }

  /** Every fault ends now. What died stays dead. */
  calm(): void {
    const { world } = this
    for (const name of [...this.current.keys()]) this.current.delete(name)
    for (const link of world.links.slice(-2)) link.connectionOf()?.stall(false)
    world.sim.network.set({ ...DEFAULT_CONDITIONS, knowsUnacked: world.script.network.knowsUnacked ?? true })
    this.heal()
    world.sim.network.name(HOSTS[0], 'ok')
    world.sim.network.idleCut(0)
    world.sim.device.setBearer(1)
    world.modem?.calm()
    const { storage } = world.sim.device
    storage.cut(0, 0)
    storage.fail(0)
    storage.full(Infinity)
    this.second.end()
    world.server.calm()
  }

  private bearer(isThere: boolean): void {
    const { modem, sim } = this.world
    if (modem !== undefined) modem.bearer(isThere)
    else if (isThere) sim.device.setBearer(1)
    else sim.device.setBearer(0, 'no signal')
  }

  /** Power goes and comes back; it may go again while the device starts. */
  private powerCycle(): void {
    this.world.sim.device.run(() => this.reboot())
  }

  private reboot(): void {
    const { world } = this
    world.modem?.deviceReboots()
    world.sim.device.reboot()
    if (world.link !== undefined) world.link.closed = true
    world.boot += 1
    for (const hook of world.hooks) hook.reboot?.()
    world.start()
    this.program.begin()
  }

  /** The power went in the middle of something: the device starts again. */
  recover(): void {
    // A device that loses power while it starts does so again, but not for ever.
    for (let i = 0; i < 20 && !this.world.sim.device.powered; i++) this.powerCycle()
  }

  private during(name: string, ms: number, end: () => void): void {
    this.serial += 1
    const own = this.serial
    this.current.set(name, own)
    this.world.sim.after(ms, () => {
      if (this.current.get(name) !== own) return
      this.current.delete(name)
      end()
      this.world.recorder?.event(this.world.now, `${name} ends`)
    })
  }

  private die(link: Link): void {
    if (!link.deadForGood) link.deadAt = this.world.now
    link.deadForGood = true
  }

  private part(direction: Direction): void {
    this.world.sim.network.partition(direction)
    const { link } = this.world
    // One that takes the place of another lets through what that one held: it counts from here.
    const other = this.parted !== undefined && this.parted !== direction
    this.parted = direction
    if (link !== undefined && (link.deadAt < 0 || other)) link.deadAt = this.world.now
  }

  private heal(): void {
    this.world.sim.network.partition('none')
    const { link } = this.world
    // What the partition held arrives now, also on a connection that died meanwhile: it counts from here.
    if (this.parted !== undefined && link !== undefined) link.deadAt = link.deadForGood ? this.world.now : -1
    this.parted = undefined
  }

  private brokerPublish(number: number, qos: 0 | 1 | 2, bytes: number, retain: boolean): void {
    const { world } = this
    const { filter, topic } = FILTERS[number]!
    // An honest 5.0 server does not send what is larger than we announced.
    const most = Math.max(world.script.client.limits?.packetIn ?? 1024, world.script.program.streams ? world.script.client.limits?.streamMax ?? 262_144 : 0)
    if (world.script.client.protocolVersion === 5 && bytes + topic.length + 16 > most) return
    const label = world.nextLabel('b')
    const session = world.server.isUp ? world.session() : undefined
    const granted = session?.filters.get(filter)
    const reaches = Math.min(qos, granted ?? 0)
    const expected = granted !== undefined && (reaches > 0 || world.server.online)
    world.coming.set(label, { label, qos: granted === undefined ? qos : reaches, topic, t: world.now, bytes, retain, session: expected ? session?.key : undefined, heard: [] })
    world.server.publish(topic, label.padEnd(bytes, '-') as Bytes, qos, retain)
  }
}
