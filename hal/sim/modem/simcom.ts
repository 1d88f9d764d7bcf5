/** SIM7600 and A7670: LTE modules of SIMCom. Their TCP commands are one set; their power keys differ. */
import { baseTable } from './base.js'
import { cchTable } from './cch.js'
import type { Family } from './family.js'
import { cmqttTable } from './mqtt-simcom.js'
import { netOpenTable } from './netopen.js'

const common: Omit<Family, 'name' | 'model' | 'revision' | 'power'> = {
  maker: 'SIMCOM INCORPORATED',
  quirks: {},
  lineLimit: 1024,
  chains: true,
  plain: false,
  connectMs: 75000,
  errorMode: 0,
  busyLine: '',
  tables: [netOpenTable, cchTable, cmqttTable, baseTable],
  goodbye: 'NORMAL POWER DOWN',
  unknownCommand: (call) => call.error(),
  banner: (modem) => [
    [0, 'RDY'],
    [400, modem.radio.sim === 'ready' ? '+CPIN: READY' : '+CPIN: NOT INSERTED'],
    [1500, 'SMS DONE'],
    [2500, 'PB DONE']
  ],
  contextLost: (modem) => modem.line('+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY')
}

/** Key 100 ms to switch on, 2.5 s to switch off; the UART answers 6 s after; reset 100 ms. */
export const sim7600: Family = {
  ...common, name: 'sim7600', model: 'SIMCOM_SIM7600CE', revision: 'LE20B04SIM7600M22',
  power: { keyOnMs: 100, keyOffMs: 2500, keyAgainMs: 0, resetMs: 100, resetNeedsKey: false, bootMs: 6000, offMs: 3000 }
}

/** Key 50 ms and 2.5 s; reset 2 s. Unverified widths. */
export const a7670: Family = {
  ...common, name: 'a7670', model: 'A7670C-LASL', revision: 'A7670M6_V1.11.1',
  power: { keyOnMs: 50, keyOffMs: 2500, keyAgainMs: 0, resetMs: 2000, resetNeedsKey: false, bootMs: 6000, offMs: 2500 }
}
