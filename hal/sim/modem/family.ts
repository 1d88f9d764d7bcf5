/** What makes a family: data, and a few small functions. */
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import type { FamilyName, Quirks } from './options.js'
import type { PowerRules } from './power.js'

/** An unsolicited line and the ms after the boot at which it comes. */
export type BannerLine = readonly [ms: number, line: string]

export interface Family {
  readonly name: FamilyName
  readonly maker: string
  readonly model: string
  readonly revision: string
  readonly quirks: Partial<Quirks>
  readonly power: PowerRules
  /** Characters of a command line. */
  readonly lineLimit: number
  /** `;` joins commands. */
  readonly chains: boolean
  /** Lines as Espressif writes them: no CR LF in front of information; and as it reads them: the end is CR LF. */
  readonly plain: boolean
  /** ms after which a connect that hangs is given up. */
  readonly connectMs: number
  /** AT+CMEE after a boot. */
  readonly errorMode: number
  /** Answers a line that comes while a command runs, where `whileBusy` is `answer`. */
  readonly busyLine: string
  readonly tables: readonly CommandTable[]
  /** True where links can be opened; asked in place of SIM, registration and context. */
  online?(modem: Modem): boolean
  unknownCommand(call: Call): void
  banner(modem: Modem): readonly BannerLine[]
  /** What it says when the network ended the context. The links are gone already. */
  contextLost(modem: Modem): void
  /** Said before it switches off; `` for nothing. */
  readonly goodbye: string
}
