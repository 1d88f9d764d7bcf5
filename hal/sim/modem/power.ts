/**
 * The module's power: its key, its reset pin and its supply, judged by the widths of the pulses as the family has them.
 */
import type { Job, Schedule } from './schedule.js'

export interface PowerRules {
  /** Holding the key so long switches a module on that is off; 0 where there is no key: it runs when it has power. */
  readonly keyOnMs: number
  /** Holding it so long switches one off that is on. */
  readonly keyOffMs: number
  /** Holding it so long after that switches it on again; 0 where it stays off. */
  readonly keyAgainMs: number
  /** A pulse on the reset pin has at least this width. */
  readonly resetMs: number
  /** The reset pin switches off, and the key is needed afterwards. */
  readonly resetNeedsKey: boolean
  /** From power to the first answer. */
  readonly bootMs: number
  /** From the decision to switch off until it is off. */
  readonly offMs: number
}

export type PowerState = 'off' | 'booting' | 'on' | 'stopping'

export interface PowerHooks {
  /** It runs no more: RAM is gone. */
  dark: () => void
  /** Booted: what it was started by. */
  ready: (why: string) => void
  /** It was told to switch off in order, and says so. */
  goodbye: () => void
}

/** The supply's capacitors hold the module over a shorter cut. */
export const SUPPLY_CUT_MS = 500

export class Power {
  state: PowerState = 'off'
  private readonly since = new Map<string, number>()
  private keyJob: Job | undefined
  private supplyJob: Job | undefined
  private bootJob: Job | undefined
  private supplied = true

  constructor(private readonly schedule: Schedule, private readonly rules: PowerRules, private readonly strapped: boolean, private readonly hooks: PowerHooks) {}

  /** An edge of a pin: true when it is held active. For `power`, active means that the supply is cut. */
  pin(name: string, active: boolean): void {
    const { schedule } = this
    const began = this.since.get(name)
    if (active === (began !== undefined)) return
    if (active) this.since.set(name, schedule.now)
    else this.since.delete(name)
    const width = active || began === undefined ? 0 : schedule.now - began
    if (name === 'powerKey') this.key(active)
    else if (name === 'reset' && !active && width >= this.rules.resetMs) this.reset()
    else if (name === 'power') this.supply(active)
  }

  /** Boots from any state. */
  boot(why: string): void {
    this.stop()
    if (!this.supplied) return
    this.state = 'booting'
    this.bootJob = this.schedule.after(this.rules.bootMs, () => {
      this.state = 'on'
      this.hooks.ready(why)
    })
  }

  /** Switches off in order: it says goodbye first. */
  shutDown(): void {
    if (this.state !== 'on') return
    this.state = 'stopping'
    this.hooks.goodbye()
    this.schedule.cancel(this.bootJob)
    this.bootJob = this.schedule.after(this.rules.offMs, () => {
      this.stop()
      if (this.strapped) this.boot('power key')
    })
  }

  /** Off, without a word. */
  stop(): void {
    this.schedule.cancel(this.bootJob)
    this.state = 'off'
    this.hooks.dark()
  }

  private key(active: boolean): void {
    const { rules, schedule } = this
    schedule.cancel(this.keyJob)
    this.keyJob = undefined
    if (!active || rules.keyOnMs === 0 || this.strapped || !this.supplied) return
    if (this.state === 'off') {
      this.keyJob = schedule.after(rules.keyOnMs, () => {
        if (this.state === 'off') this.boot('power key')
      })
    } else if (this.state === 'on') {
      this.keyJob = schedule.after(rules.keyOffMs, () => {
        this.shutDown()
        if (rules.keyAgainMs > 0) this.keyJob = schedule.after(rules.keyAgainMs - rules.keyOffMs, () => this.boot('power key'))
      })
    }
  }

  private reset(): void {
    if (this.state === 'off' || !this.supplied) return
    if (this.rules.resetNeedsKey && !this.strapped) this.stop()
    else this.boot('reset')
  }

  private supply(cut: boolean): void {
    if (cut) {
      this.supplyJob = this.schedule.after(SUPPLY_CUT_MS, () => {
        this.supplied = false
        this.stop()
      })
      return
    }
    this.schedule.cancel(this.supplyJob)
    if (this.supplied) return
    this.supplied = true
    if (this.strapped || this.rules.keyOnMs === 0) this.boot('power')
  }
}
