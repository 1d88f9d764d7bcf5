/** SIMCom SIM7600 and A7670: NETOPEN and CIPOPEN, by pull; TLS with CCH. Unverified on hardware: docs/modems.md. */
import type { Bytes } from '../../firmware/bytes.js'
import { CELLULAR_ROWS, CELLULAR_SETUP, LTE_REFUSAL, registerAny, SIGNAL } from './cellular.js'
import { Event, Script, type Family, type Links } from './family.js'
import { LinkCode } from '../hal.js'
import { A7670, SIM7600, Trouble, type Pulses } from './ladder.js'

/** The results of CIPOPEN, and of DNS: what else fails has no better name than a failure of TCP. */
const CODES = [10, LinkCode.TcpTimeout, 11, LinkCode.DnsFailed]

const TCP: Links = {
  open: 'AT+CIPOPEN=%n,"TCP","%h",%p|~120|++CIPOPEN:%_%n,0|-+CIPOPEN:%_%n,%e' as Bytes,
  // The result comes before ERROR, or after OK.
  send: 'AT+CIPSEND=%n,%l|20|>b|~20|-+CIPSEND:%_%n,%x,-1|&+CIPSEND:%_%n,%x,0|++CIPSEND:%_%n,%x,%l|-+CIPERROR:%_%e' as Bytes,
  read: 'AT+CIPRXGET=2,%n,%l' as Bytes,
  close: 'AT+CIPCLOSE=%n|15|~15|++CIPCLOSE:%_%n,0|-+CIPCLOSE:%_%n,%e' as Bytes,
  counts: false, ends: 1, maxSend: 1500, maxRead: 1500, count: 10, mustClose: false, verifies: true
}

/** The certificates: those of TCP's links and of native MQTT are the same. */
export const UPLOAD = '{A}AT+CCERTDOWN="ca.pem",%1|20|>A\n{c}AT+CCERTDOWN="cert.pem",%2|20|>C\n{c}AT+CCERTDOWN="key.pem",%3|20|>K'

const TLS: Links = {
  upload: UPLOAD as Bytes,
  // The service ends with the context; where it runs, starting it is an error.
  prepare: ('AT+CCHSET=1,1\nAT+CCHSTART|~15|++CCHSTART:%_0|-+CCHSTART:%_%e|*\nAT+CSSLCFG="sslversion",%n,3\n{i}AT+CSSLCFG="authmode",%n,0\n{o}AT+CSSLCFG="authmode",%n,1\n{m}AT+CSSLCFG="authmode",%n,2\n{A}AT+CSSLCFG="cacert",%n,"ca.pem"\n' +
    '{c}AT+CSSLCFG="clientcert",%n,"cert.pem"\n{c}AT+CSSLCFG="clientkey",%n,"key.pem"\n{i}AT+CSSLCFG="ignorelocaltime",%n,1\n{v}AT+CSSLCFG="ignorelocaltime",%n,0\nAT+CSSLCFG="enableSNI",%n,1\nAT+CCHSSLCFG=%n,%n') as Bytes,
  open: 'AT+CCHOPEN=%n,"%h",%p,2|~120|++CCHOPEN:%_%n,0|-+CCHOPEN:%_%n,%e' as Bytes,
  send: 'AT+CCHSEND=%n,%l|20|>b|~20|++CCHSEND:%_%n,0|-+CCHSEND:%_%n,%e' as Bytes,
  read: 'AT+CCHRECV=%n,%l|~9|++CCHRECV:%_%n,0|-+CCHRECV:%_%n,%e' as Bytes,
  close: 'AT+CCHCLOSE=%n|15|~15|++CCHCLOSE:%_%n,0|-+CCHCLOSE:%_%n,%e' as Bytes,
  counts: false, ends: 1, maxSend: 1500, maxRead: 1500, count: 2, mustClose: false, verifies: true
}

function script(this: void, which: Script): Bytes {
  if (which === Script.Setup) return (CELLULAR_SETUP + 'AT+CIPMODE=0|*\nAT+CIPTIMEOUT=120000,75000,15000|*') as Bytes
  if (which === Script.BringUp) {
    return (registerAny() + '#' + Trouble.NoContext + ' 160 no-context\nAT+NETOPEN?|?+NETOPEN:%_1|*|/\n' + LTE_REFUSAL +
      '{a}AT+CGDCONT=1,"IP","%a"\n{u}AT+CGAUTH=1,1,"%u","%w"\nAT+CIPRXGET=1\nAT+NETOPEN|~120|++NETOPEN:%_0|-+NETOPEN:%_%e') as Bytes
  }
  if (which === Script.SocketLayer) return 'AT+NETCLOSE|~30|++NETCLOSE:%_%x' as Bytes
  if (which === Script.PdpContext) return 'AT+NETCLOSE|~30|++NETCLOSE:%_%x\nAT+CGACT=0,1|108\nAT+CGACT=1,1|108' as Bytes
  if (which === Script.Radio) return 'AT+CFUN=0|45\n~5000\nAT+CFUN=1|45' as Bytes
  return 'AT+CFUN=1,1|45\n~3000' as Bytes
}

function simcom(name: string, pulses: Pulses): Family {
  return {
    name: name,
    pulses: pulses,
    script: script,
    dns: 'AT+CDNSCFG="%d","%D"' as Bytes,
    signal: SIGNAL as Bytes,
    escapes: false,
    codes: CODES,
    rows: [
      '+CIPRXGET:%_2,%n,%l,%r', Event.Data, '+CIPRXGET:%_1,%n', Event.Readable, '+IPCLOSE:%_%n,%x', Event.Closed, '+CIPEVENT: NETWORK%*', Event.BearerLost,
      '+CCHRECV:%_DATA,%n,%l', Event.DataMore, '+CCHEVENT:%_%n,RECV EVENT', Event.Readable, '+CCH_PEER_CLOSED:%_%n', Event.Closed, '+CCHRECV:%*', Event.Nothing,
      '+IP ERROR:%*', Event.Nothing, '+CIPERROR:%*', Event.Nothing, 'PB DONE', Event.Nothing, '*ATREADY%*', Event.Nothing, 'NORMAL POWER DOWN', Event.Reboot, '+CIPCLOSE:%*', Event.Nothing,
      '+NETCLOSE:%*', Event.Nothing, '+NETOPEN:%*', Event.Nothing, '+CCHCLOSE:%*', Event.Nothing
    ],
    common: CELLULAR_ROWS,
    heads: [],
    tcp: TCP,
    tls: FEATURE_TLS ? TLS : undefined
  }
}

export const sim7600 = /* @__PURE__ */ simcom('sim7600', SIM7600)
export const a7670 = /* @__PURE__ */ simcom('a7670', A7670)
