/** Quectel EC2x and BG9x: QIOPEN in buffer access mode; TLS with QSSL. Unverified on hardware: docs/modems.md. */
import type { Bytes } from '../../firmware/bytes.js'
import { CELLULAR_ROWS, CELLULAR_SETUP, LTE_REFUSAL, registerAny, SIGNAL } from './cellular.js'
import { Event, Script, type Family, type Links } from './family.js'
import { LinkCode } from '../hal.js'
import { BG9X, EC2X, Trouble, type Pulses } from './ladder.js'

/** The results of QIOPEN. */
const CODES = [565, LinkCode.DnsFailed, 566, LinkCode.TcpRefused, 569, LinkCode.TcpTimeout]

const TCP: Links = {
  open: 'AT+QIOPEN=1,%n,"TCP","%h",%p,0,0|~150|++QIOPEN:%_%n,0|-+QIOPEN:%_%n,%e' as Bytes,
  send: 'AT+QISEND=%n,%l|15|>b|=SEND OK|&SEND FAIL' as Bytes,
  read: 'AT+QIRD=%n,%l' as Bytes,
  acked: 'AT+QISEND=%n,0|?+QISEND:%_%r,%x,%l' as Bytes,
  counts: true, ends: 2,
  close: 'AT+QICLOSE=%n|15' as Bytes,
  maxSend: 1460, maxRead: 1500, count: 12, mustClose: true, verifies: true
}

/** The certificates: those of TCP's links and of native MQTT are the same. */
export const UPLOAD = '{A}AT+QFDEL="ca.pem"|*\n{A}AT+QFUPL="ca.pem",%1,60|20|>A|;CONNECT\n{c}AT+QFDEL="cert.pem"|*\n{c}AT+QFUPL="cert.pem",%2,60|20|>C|;CONNECT\n{c}AT+QFDEL="key.pem"|*\n{c}AT+QFUPL="key.pem",%3,60|20|>K|;CONNECT'

const TLS: Links = {
  upload: UPLOAD as Bytes,
  prepare: ('AT+QSSLCFG="sslversion",0,3\nAT+QSSLCFG="ciphersuite",0,0XFFFF\n{i}AT+QSSLCFG="seclevel",0,0\n{o}AT+QSSLCFG="seclevel",0,1\n{m}AT+QSSLCFG="seclevel",0,2\n' +
    '{A}AT+QSSLCFG="cacert",0,"ca.pem"\n{c}AT+QSSLCFG="clientcert",0,"cert.pem"\n{c}AT+QSSLCFG="clientkey",0,"key.pem"\n{i}AT+QSSLCFG="ignorelocaltime",0,1\n{v}AT+QSSLCFG="ignorelocaltime",0,0\nAT+QSSLCFG="sni",0,1') as Bytes,
  open: 'AT+QSSLOPEN=1,0,%n,"%h",%p,0|~150|++QSSLOPEN:%_%n,0|-+QSSLOPEN:%_%n,%e' as Bytes,
  send: 'AT+QSSLSEND=%n,%l|15|>b|=SEND OK|&SEND FAIL' as Bytes,
  read: 'AT+QSSLRECV=%n,%l' as Bytes,
  close: 'AT+QSSLCLOSE=%n|15' as Bytes,
  counts: false, ends: 2,
  maxSend: 1460, maxRead: 1500, count: 6, mustClose: true, verifies: true
}

function script(this: void, which: Script): Bytes {
  if (which === Script.Setup) return CELLULAR_SETUP as Bytes
  if (which === Script.BringUp) {
    return (registerAny() + '#' + Trouble.NoContext + ' 320 no-context\nAT+QIACT?|150|?+QIACT:%_1,1,%*|*|/\n' + LTE_REFUSAL +
      '{a}AT+QICSGP=1,1,"%a","%u","%w",1\nAT+QIACT=1|150') as Bytes
  }
  if (which === Script.SocketLayer) return 'AT+QIDEACT=1|40' as Bytes
  if (which === Script.PdpContext) return 'AT+QIDEACT=1|40\nAT+CGATT=0|140\nAT+CGATT=1|140' as Bytes
  if (which === Script.Radio) return 'AT+CFUN=0|45\n~5000\nAT+CFUN=1|45' as Bytes
  return 'AT+CFUN=1,1|45\n~3000' as Bytes
}

function quectel(name: string, pulses: Pulses): Family {
  return {
    name: name,
    pulses: pulses,
    script: script,
    dns: 'AT+QIDNSCFG=1,"%d","%D"' as Bytes,
    signal: SIGNAL as Bytes,
    escapes: false,
    codes: CODES,
    rows: [
      '+QIRD:%_%l', Event.DataMore, '+QSSLRECV:%_%l', Event.DataMore, '+QIURC:%_"recv",%n', Event.Readable, '+QSSLURC:%_"recv",%n', Event.Readable,
      '+QIURC:%_"closed",%n', Event.Closed, '+QSSLURC:%_"closed",%n', Event.Closed, '+QIURC:%_"pdpdeact",%x', Event.BearerLost, '+QIURC:%*', Event.Nothing,
      'APP RDY', Event.Nothing, 'POWERED DOWN', Event.Reboot, 'NORMAL POWER DOWN', Event.Reboot
    ],
    common: CELLULAR_ROWS,
    heads: [],
    tcp: TCP,
    tls: FEATURE_TLS ? TLS : undefined
  }
}

export const ec2x = /* @__PURE__ */ quectel('ec2x', EC2X)
export const bg9x = /* @__PURE__ */ quectel('bg9x', BG9X)
