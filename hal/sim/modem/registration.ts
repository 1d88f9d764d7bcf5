/** Whether the module is registered, from what the radio would let it be: AT+CFUN, the time a search takes, and its reports. */
import type { Modem } from './modem.js'
import { causeOf, dataAllowed, registrationOf } from './radio.js'

const DOMAINS = ['CREG', 'CGREG', 'CEREG'] as const
const SEARCH_MS = 3000
const SEARCHING = 2
/** AT+CEREG=3: a refusal is reported with its cause. */
const WITH_CAUSE = 3
const DENIED = 3

export class Registration {
  /** AT+CFUN: 0 minimum, 1 full, 4 flight. */
  functionality = 1
  /** AT+CGATT=0, until AT+CGATT=1 or a restart. */
  detached = false
  private foundAt = 0

  constructor(private readonly modem: Modem) {}

  /** What CREG, CGREG or CEREG answers now. */
  of(domain: string): number {
    const { radio, schedule } = this.modem
    if (this.functionality !== 1 || radio.sim !== 'ready') return 0
    return schedule.now < this.foundAt ? SEARCHING : registrationOf(radio, domain)
  }

  /** True where a context can come up. */
  get allowsData(): boolean {
    const { radio, schedule } = this.modem
    return this.functionality === 1 && !this.detached && schedule.now >= this.foundAt && dataAllowed(radio)
  }

  reset(): void {
    this.functionality = 1
    this.detached = false
  }

  /** Searches again, after a boot or AT+CFUN. What it finds is reported. */
  search(): void {
    const { modem } = this
    const ms = modem.options.registerMs ?? SEARCH_MS
    this.foundAt = modem.schedule.now + ms
    modem.after(ms, () => {
      if (this.functionality === 1 && modem.schedule.now >= this.foundAt) this.report([SEARCHING, SEARCHING, SEARCHING])
    })
  }

  /** The registration in each domain, for `report`. */
  all(): number[] {
    return DOMAINS.map((domain) => this.of(domain))
  }

  /** Reports what differs from `before`, where AT+CREG and its like asked for it. A report has no n, which a query's answer has. */
  report(before: readonly number[]): void {
    const { modem } = this
    DOMAINS.forEach((domain, i) => {
      const { n } = modem.slot(`+${domain}`, () => ({ n: 0 }))
      const now = this.of(domain)
      if (n === 0 || before[i] === now) return
      modem.line(`+${domain}: ${now}${n === WITH_CAUSE && now === DENIED ? `,,,,0,${causeOf(modem.radio)}` : ''}`)
    })
  }
}
