/** ESP-AT: Wi-Fi behind AT commands, by passive receive. `apn` and `password` are the network's. Unverified on hardware: docs/modems.md. */
import type { Bytes } from '../../firmware/bytes.js'
import { Event, Script, type Family, type Links } from './family.js'
import { ESP, Trouble } from './ladder.js'

function links(kind: string, prepare: string): Links {
  return {
    prepare: prepare as Bytes,
    open: ('AT+CIPSTART=%n,"' + kind + '","%h",%p,60,,10000|30|~30|+%n,CONNECT') as Bytes,
    send: 'AT+CIPSEND=%n,%l|60|>b|?Recv %l bytes|=SEND OK|<SEND FAIL' as Bytes,
    read: 'AT+CIPRECVDATA=%n,%l' as Bytes,
    close: 'AT+CIPCLOSE=%n|15' as Bytes,
    counts: false, ends: 1, maxSend: 2048, maxRead: 2048, count: 5, mustClose: false, verifies: false
  }
}

function script(this: void, which: Script): Bytes {
  if (which === Script.Setup) return ('#' + Trouble.Desync + ' 30 modem-setup\nATE0\nAT+CIPMUX=1\nAT+CIPDINFO=0|*\nAT+CIPRECVTYPE=5,1|*|/\nAT+CIPRECVMODE=1') as Bytes
  if (which === Script.BringUp) {
    return ('#' + Trouble.NotRegistered + ' 120 no-wifi\nAT+CWJAP?|?+CWJAP:%*|*|/\n{a}AT+CWMODE=1\n{a}AT+CWJAP="%a","%w"|30|!wifi-password:+CWJAP:2|!wifi-not-found:+CWJAP:3|!wifi-timeout:+CWJAP:1\n' +
      '#' + Trouble.NoContext + ' 60 no-address\nAT+CIFSR|?+CIFSR:STAIP,"%t"') as Bytes
  }
  if (which === Script.SocketLayer) return 'AT+CIPCLOSE=5|15' as Bytes
  if (which === Script.PdpContext) return '' as Bytes
  if (which === Script.Radio) return 'AT+CWQAP|15\n~2000' as Bytes
  return 'AT+RST\n~3000' as Bytes
}

export const esp: Family = {
  name: 'esp',
  pulses: ESP,
  script: script,
  dns: 'AT+CIPDNS=1,"%d","%D"' as Bytes,
  signal: 'AT+CWJAP?|?+CWJAP:"%t","%t",%x,%e,%*' as Bytes,
  escapes: true,
  codes: [],
  rows: [
    '+IPD,%n,%x', Event.Readable, '%n,CLOSED', Event.Closed, 'WIFI DISCONNECT', Event.BearerLost, 'ready', Event.Reboot, 'busy p...', Event.Busy, 'busy s...', Event.Busy,
    'WIFI %*', Event.Nothing, 'No AP', Event.Nothing, 'Recv %*', Event.Nothing, 'ERR CODE:%*', Event.Nothing, '+ERRNO:%*', Event.Nothing, '+CWJAP:%*', Event.Nothing, '+CIFSR:%*', Event.Nothing,
    '%n,CONNECT', Event.Nothing
  ],
  common: [],
  // Before 2.3 the comma came first.
  heads: ['+CIPRECVDATA:%l,%$', Event.DataMore, '+CIPRECVDATA,%l:%$', Event.DataMore],
  tcp: /* @__PURE__ */ links('TCP', ''),
  tls: FEATURE_TLS ? /* @__PURE__ */ links('SSL', '{i}AT+CIPSSLCCONF=%n,0\nAT+CIPSSLCSNI=%n,"%s"') : undefined
}
