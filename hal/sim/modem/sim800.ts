/** SIM800: the CIP commands as SIMCom has them on GSM, with its boot lines and its power key. */
import { baseTable } from './base.js'
import { cipTable, type CipDialect } from './cip.js'
import { cipLinkTable } from './cip-link.js'
import { cipReceiveTable } from './cip-receive.js'
import type { CommandTable } from './commands.js'
import type { Family } from './family.js'
import { accepted } from './rows.js'

const dialect: CipDialect = { dnsFailure: '+CDNSGIP: 0,8', slowByDefault: true, lineEnds: false, eachArrival: 0 }

const own: CommandTable = [
  // No OK: the line NORMAL POWER DOWN is its answer.
  { name: '+CPOWD', run: (modem, call) => {
    call.end()
    modem.power.shutDown()
  } },
  // GSM knows no EPS registration.
  { name: '+CEREG', run: (_modem, call) => call.error() },
  ...accepted('+SSLOPT', '+SSLSETCERT', '+CIPSRIP', '+CIPSPRT')
]

export const sim800: Family = {
  name: 'sim800',
  maker: 'SIMCOM_Ltd',
  model: 'SIMCOM_SIM800C',
  revision: '1418B06SIM800C32',
  quirks: { pdpDeact: '+PDP: DEACT' },
  /** On 1 s, off 1.5 s; a key held longer than 33 s switches it on again. Reset 105 ms: the manual's typical width, unverified. */
  power: { keyOnMs: 1000, keyOffMs: 1500, keyAgainMs: 33000, resetMs: 105, resetNeedsKey: false, bootMs: 3000, offMs: 2000 },
  lineLimit: 556,
  chains: true,
  plain: false,
  connectMs: 75000,
  errorMode: 0,
  busyLine: '',
  tables: [own, baseTable, cipTable(dialect), cipLinkTable(dialect), cipReceiveTable(dialect)],
  goodbye: 'NORMAL POWER DOWN',
  unknownCommand: (call) => call.error(),
  banner: (modem) => [
    [0, 'RDY'],
    [50, '+CFUN: 1'],
    [100, modem.radio.sim === 'ready' ? '+CPIN: READY' : '+CPIN: NOT INSERTED'],
    [3000, 'Call Ready'],
    [3200, 'SMS Ready']
  ],
  contextLost: (modem) => modem.line(modem.quirks.pdpDeact)
}
