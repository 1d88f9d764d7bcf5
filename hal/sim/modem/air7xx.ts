/** openLuat Air724 (RDA8910) and Air780 (EC618 and later): the CIP commands with openLuat's states and spellings. */
import { baseTable } from './base.js'
import { cipTable, type CipDialect } from './cip.js'
import { cipLinkTable } from './cip-link.js'
import { cipReceiveTable } from './cip-receive.js'
import type { Family } from './family.js'
import { airMqttTable } from './mqtt-air7xx.js'
import type { PowerRules } from './power.js'
import { sslcfgTable } from './sslcfg.js'

const dialect: CipDialect = { dnsFailure: '+CDNSGIP:0,12', slowByDefault: false, lineEnds: true, eachArrival: 5 }

const common: Omit<Family, 'name' | 'model' | 'revision' | 'power' | 'quirks'> = {
  maker: 'AirM2M',
  lineLimit: 4400,
  chains: true,
  plain: false,
  connectMs: 75000,
  errorMode: 1,
  busyLine: '',
  tables: [baseTable, cipTable(dialect), cipLinkTable(dialect), cipReceiveTable(dialect), sslcfgTable],
  goodbye: 'NORMAL POWER DOWN',
  unknownCommand: (call) => call.cme(58),
  banner: (modem) => [
    [0, 'RDY'],
    [300, modem.radio.sim === 'ready' ? '+CPIN: READY' : '+CPIN: NOT INSERTED'],
    [1200, 'SMS READY'],
    ...modem.radio.arrears ? [] : [[3000, '^MODE: 17,17'] as const, [3050, '+E_UTRAN Service'] as const, [3100, '+CGEV: ME PDN ACT 1,0'] as const, [3400, '+NITZ: 25/01/02,03:04:05+32,0'] as const]
  ],
  contextLost: (modem) => {
    modem.line('+CGEV: NW PDN DEACT 1')
    modem.line(modem.quirks.pdpDeact)
  }
}

/** Widths: key 1.2 to 1.5 s, reset 150 ms (hardware guides); switching off is the key again, 1.5 s. */
const air724Power: PowerRules = { keyOnMs: 1200, keyOffMs: 1500, keyAgainMs: 0, resetMs: 150, resetNeedsKey: false, bootMs: 6000, offMs: 2000 }
/** Its reset pin needs 500 ms and switches it off: the key is needed afterwards. */
const air780Power: PowerRules = { keyOnMs: 1000, keyOffMs: 1500, keyAgainMs: 0, resetMs: 500, resetNeedsKey: true, bootMs: 3000, offMs: 1500 }

export const air724: Family = { ...common, tables: [...common.tables, airMqttTable({ payload: 1360 })], name: 'air724', model: 'Air724UG', revision: 'AirM2M_720U_V1234_LTE_AT', power: air724Power, quirks: {} }
export const air780: Family = { ...common, tables: [...common.tables, airMqttTable({ payload: 4100 })], name: 'air780', model: 'Air780E', revision: 'AirM2M_780E_V1170_LTE_AT', power: air780Power, quirks: { automaticContext: true } }
