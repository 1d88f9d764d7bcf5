/** SIMCom SIM800: 2G, AT+CIP with several links, by pull. Its TLS checks no certificate. Unverified on hardware: docs/modems.md. */
import type { Bytes } from '../../firmware/bytes.js'
import { CELLULAR_ROWS, CELLULAR_SETUP, registerGsm, SIGNAL } from './cellular.js'
import { Event, Script, type Family, type Links } from './family.js'
import { SIM800, Trouble } from './ladder.js'

function links(prepare: string): Links {
  return {
    prepare: prepare as Bytes,
    resolve: 'AT+CDNSGIP="%h"|15|~15|++CDNSGIP:%_1,"%t","%t"|-+CDNSGIP:%_0,%e' as Bytes,
    open: 'AT+CIPSTART=%n,"TCP","%h",%p|~75|+%n,%_CONNECT OK|-%n,%_CONNECT FAIL|-%n,%_ALREADY CONNECT' as Bytes,
    send: 'AT+CIPSEND=%n,%l|15|>b|=DATA ACCEPT:%_%n,%l|=%n,%_SEND OK|<%n,%_SEND FAIL' as Bytes,
    read: 'AT+CIPRXGET=2,%n,%l' as Bytes,
    acked: 'AT+CIPACK=%n|?+CIPACK:%_%x,%x,%l' as Bytes,
    close: 'AT+CIPCLOSE=%n|15|=%n,%_CLOSE OK' as Bytes,
    counts: false, ends: 1, maxSend: 1460, maxRead: 1460, count: 6, mustClose: false, verifies: false
  }
}

function script(this: void, which: Script): Bytes {
  if (which === Script.Setup) return (CELLULAR_SETUP + 'AT+CIPMODE=0|*\nAT+CIPQSEND=1') as Bytes
  if (which === Script.BringUp) {
    return (registerGsm() + '#' + Trouble.NoContext + ' 100 no-context\n' +
      'AT+CIPSTATUS|+STATE:%_IP PROCESSING|+STATE:%_IP STATUS|-STATE:%*|*|/\n' +
      'AT+CIPSHUT|90|=SHUT OK\nAT+CIPMUX=1\nAT+CIPRXGET=1\n' +
      '{a}AT+CSTT="%a","%u","%w"|60\n{n}AT+CSTT|60\nAT+CIICR|90\nAT+CIFSR|=%t.%t.%t.%t|_') as Bytes
  }
  if (which === Script.SocketLayer) return 'AT+CIPSHUT|90|=SHUT OK' as Bytes
  if (which === Script.PdpContext) return 'AT+CIPSHUT|90|=SHUT OK\nAT+CGATT=0|90\nAT+CGATT=1|90' as Bytes
  if (which === Script.Radio) return 'AT+CFUN=0|45\n~5000\nAT+CFUN=1|45' as Bytes
  return 'AT+CFUN=1,1|45\n~3000' as Bytes
}

function family(): Family {
  return {
    name: 'sim800',
    pulses: SIM800,
    script: script,
    dns: 'AT+CDNSCFG="%d","%D"' as Bytes,
    signal: SIGNAL as Bytes,
    escapes: false,
    codes: [],
    rows: [
      '+CIPRXGET:%_2,%n,%l,%r', Event.Data, '+CIPRXGET:%_1,%n', Event.Readable, '%n,%_CLOSED', Event.Closed, '+PDP:%_DEACT%*', Event.BearerLost, '+PDP DEACT%*', Event.BearerLost,
      '+SAPBR%*', Event.Nothing, 'C:%*', Event.Nothing, 'STATE:%*', Event.Nothing, 'SHUT OK', Event.Nothing, 'NORMAL POWER DOWN', Event.Reboot, 'UNDER-VOLTAGE%*', Event.Nothing
    ],
    common: CELLULAR_ROWS,
    heads: [],
    tcp: links('AT+CIPSSL=0|*'),
    tls: FEATURE_TLS ? links('AT+CIPSSL=1') : undefined
  }
}

export const sim800 = /* @__PURE__ */ family()
