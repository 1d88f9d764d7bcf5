/** Quectel EC2x (LTE) and BG9x (LTE-M and NB-IoT): one set of TCP and TLS commands. */
import { baseTable } from './base.js'
import type { CommandTable } from './commands.js'
import type { Family } from './family.js'
import { qmtTable } from './mqtt-quectel.js'
import { qiTable } from './qi.js'
import { qsslTable } from './qssl.js'

const own: CommandTable = [
  { name: '+QPOWD', run: (modem, call) => {
    call.ok()
    modem.after(100, () => modem.power.shutDown())
  } },
  { name: '+QNWINFO', run: (modem, call) => {
    call.info(`+QNWINFO: "${modem.radio.act === 9 ? 'NBIoT' : 'FDD LTE'}","46000","LTE BAND 3",1300`)
    call.ok()
  } }
]

const common: Omit<Family, 'name' | 'model' | 'revision' | 'power'> = {
  maker: 'Quectel',
  quirks: {},
  lineLimit: 1024,
  chains: true,
  plain: false,
  connectMs: 150000,
  errorMode: 1,
  busyLine: '',
  tables: [own, qiTable, qsslTable, qmtTable, baseTable],
  goodbye: 'POWERED DOWN',
  unknownCommand: (call) => call.error(),
  banner: (modem) => [
    [0, 'RDY'],
    [200, '+CFUN: 1'],
    [400, modem.radio.sim === 'ready' ? '+CPIN: READY' : '+CPIN: NOT READY'],
    [2500, '+QIND: SMS DONE'],
    [3500, '+QIND: PB DONE']
  ],
  contextLost: (modem) => modem.line('+QIURC: "pdpdeact",1')
}

/** Key 500 ms on, 650 ms off; reset 150 ms. Unverified widths. */
export const ec2x: Family = {
  ...common, name: 'ec2x', model: 'EC20F', revision: 'EC20CEFAGR06A10M4G',
  power: { keyOnMs: 500, keyOffMs: 650, keyAgainMs: 0, resetMs: 150, resetNeedsKey: false, bootMs: 10000, offMs: 5000 }
}

/** Key 500 ms on, 650 ms off; reset 2 s. Unverified widths. */
export const bg9x: Family = {
  ...common, name: 'bg9x', model: 'BG95-M3', revision: 'BG95M3LAR02A04',
  power: { keyOnMs: 500, keyOffMs: 650, keyAgainMs: 0, resetMs: 2000, resetNeedsKey: false, bootMs: 4000, offMs: 2000 }
}
