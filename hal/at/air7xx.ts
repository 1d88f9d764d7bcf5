/** openLuat Air724 and Air780: AT+CIP with several links, by pull. Unverified on hardware: docs/modems.md. */
import type { Bytes } from '../../firmware/bytes.js'
import { CELLULAR_ROWS, CELLULAR_SETUP, registerLte, SIGNAL } from './cellular.js'
import { Event, Script, type Family, type Links } from './family.js'
import { LinkCode } from '../hal.js'
import { AIR724, AIR780, Trouble, type Pulses } from './ladder.js'

/** The six suites of this module are RSA with CBC, RC4 or 3DES; 0XFFFF offers them all. TLS 1.2 only. */
const SECURE = 'AT+CIPSSL=1\nAT+SSLCFG="sslversion",%n,3\nAT+SSLCFG="ciphersuite",%n,0XFFFF\n{A}AT+SSLCFG="cacert",%n,"ca.crt"\n' +
  '{c}AT+SSLCFG="clientcert",%n,"client.crt"\n{c}AT+SSLCFG="clientkey",%n,"client.key"\n' +
  '{i}AT+SSLCFG="seclevel",%n,0\n{o}AT+SSLCFG="seclevel",%n,1\n{m}AT+SSLCFG="seclevel",%n,2\n' +
  '{i}AT+SSLCFG="ignorelocaltime",%n,1\n{v}AT+SSLCFG="ignorelocaltime",%n,0\nAT+SSLCFG="hostname",%n,"%s"'

/** The certificates, into its file system: that of TCP's links and that of native MQTT are the same. */
export const UPLOAD = '{A}AT+FSCREATE="ca.crt"|*\n{A}AT+FSWRITE="ca.crt",0,%1,15|20|>A\n' +
  '{c}AT+FSCREATE="client.crt"|*\n{c}AT+FSWRITE="client.crt",0,%2,15|20|>C\n{c}AT+FSCREATE="client.key"|*\n{c}AT+FSWRITE="client.key",0,%3,15|20|>K'

function links(upload: string, prepare: string): Links {
  return {
    upload: upload as Bytes,
    prepare: prepare as Bytes,
    resolve: 'AT+CDNSGIP="%h"|15|~15|++CDNSGIP:%_1,"%t","%t"|-+CDNSGIP:%_0,%e' as Bytes,
    open: 'AT+CIPSTART=%n,"TCP","%h",%p|~75|+%n,%_CONNECT OK|-%n,%_CONNECT FAIL|-%n,%_ALREADY CONNECT' as Bytes,
    send: 'AT+CIPSEND=%n,%l|15|>b|=DATA ACCEPT:%_%n,%l|=%n,%_SEND OK|<%n,%_SEND FAIL|&+CME ERROR:%_914' as Bytes,
    read: 'AT+CIPRXGET=2,%n,%l' as Bytes,
    acked: 'AT+CIPACK=%n|?+CIPACK:%_%x,%x,%l' as Bytes,
    close: 'AT+CIPCLOSE=%n|15|=%n,%_CLOSE OK' as Bytes,
    counts: false, ends: 1, maxSend: 1460, maxRead: 1460, count: 6, mustClose: false, verifies: true
  }
}

function script(this: void, which: Script): Bytes {
  if (which === Script.Setup) return (CELLULAR_SETUP + 'AT+CIPMODE=0|*\nAT+CIPQSEND=1') as Bytes
  if (which === Script.BringUp) {
    // Several links, for a single one cannot be read apart: its data stick to the numbers before them.
    return (registerLte() + '#' + Trouble.NoContext + ' 100 no-context\n' +
      'AT+CIPSTATUS|+STATE:%_IP PROCESSING|+STATE:%_IP STATUS|-STATE:%*|*|/\n' +
      'AT+CIPSHUT|90|=SHUT OK\nAT+CIPMUX=1\nAT+CIPRXGET=1\n' +
      '{a}AT+CSTT="%a","%u","%w"|60\n{n}AT+CSTT|60\nAT+CIICR|90\nAT+CIFSR|=%t.%t.%t.%t|_') as Bytes
  }
  if (which === Script.SocketLayer) return 'AT+CIPSHUT|90|=SHUT OK' as Bytes
  if (which === Script.PdpContext) return 'AT+CIPSHUT|90|=SHUT OK\nAT+CGACT=0,1|108\nAT+CGACT=1,1|108' as Bytes
  if (which === Script.Radio) return 'AT+CFUN=0|45\n~5000\nAT+CFUN=1|45' as Bytes
  return 'AT+RESET\n~3000' as Bytes
}

function air7xx(name: string, pulses: Pulses): Family {
  return {
    name: name,
    pulses: pulses,
    script: script,
    dns: 'AT+CDNSCFG="%d","%D"' as Bytes,
    signal: SIGNAL as Bytes,
    escapes: false,
    codes: [11, LinkCode.TcpRefused, 910, LinkCode.TcpRefused, 911, LinkCode.TcpTimeout, 915, LinkCode.TcpTimeout, 916, LinkCode.DnsFailed, 917, LinkCode.DnsFailed, 918, LinkCode.DnsFailed],
    rows: [
      '+CIPRXGET:%_2,%n,%l,%r', Event.Data, '+CIPRXGET:%_1,%n', Event.Readable, '%n,%_CLOSED', Event.Closed, 'TCP ERROR:%_%e', Event.Note,
      '+PDP DEACT%*', Event.BearerLost, '+PDP:%_DEACT%*', Event.BearerLost, '+SAPBR%*', Event.Nothing, 'UART Boot Completed', Event.Reboot, 'C:%*', Event.Nothing,
      'STATE:%*', Event.Nothing, 'SHUT OK', Event.Nothing, 'NORMAL POWER DOWN', Event.Reboot
    ],
    common: CELLULAR_ROWS,
    heads: [],
    tcp: links('', 'AT+CIPSSL=0|*'),
    tls: FEATURE_TLS ? links(UPLOAD, SECURE) : undefined
  }
}

export const air724 = /* @__PURE__ */ air7xx('air724', AIR724)
export const air780 = /* @__PURE__ */ air7xx('air780', AIR780)
