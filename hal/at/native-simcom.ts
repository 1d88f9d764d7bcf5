/** SIMCom SIM7600 and A7670: AT+CMQTT, client 0, SSL context 0. It hands messages on at once, in parts. Unverified on hardware: docs/modems.md. */
import type { Bytes } from '../../firmware/bytes.js'
import { LinkCode } from '../hal.js'
import { Event } from './family.js'
import { NativeEvent, type NativeFamily } from './native-family.js'
import { UPLOAD } from './simcom.js'

const SECURE = UPLOAD + '\nAT+CSSLCFG="sslversion",0,3\n{i}AT+CSSLCFG="authmode",0,0\n{o}AT+CSSLCFG="authmode",0,1\n{m}AT+CSSLCFG="authmode",0,2\n{A}AT+CSSLCFG="cacert",0,"ca.pem"\n' +
  '{c}AT+CSSLCFG="clientcert",0,"cert.pem"\n{c}AT+CSSLCFG="clientkey",0,"key.pem"\n{i}AT+CSSLCFG="ignorelocaltime",0,1\n{v}AT+CSSLCFG="ignorelocaltime",0,0\nAT+CSSLCFG="enableSNI",0,1'

/** Started already is as good as started. A client that was left over is let go. */
const CONFIG = 'AT+CMQTTSTART|12|~12|++CMQTTSTART:%_0|-+CMQTTSTART:%_%e|*\nAT+CMQTTREL=0|*\nAT+CMQTTACCQ=0,"%I",%9\nAT+CMQTTCFG="version",0,%V|*\n{S}AT+CMQTTSSLCFG=0,0\n' +
  '{T}AT+CMQTTWILLTOPIC=0,%7|9|>T\n{T}AT+CMQTTWILLMSG=0,%8,%Q|9|>M'

const CONNECTED = '|9|~75|++CMQTTCONNECT:%_0,0|-+CMQTTCONNECT:%_0,%e'

export const simcomNative: NativeFamily = {
  name: 'simcom',
  capabilities: {
    qos2: false, puback: true, connackCode: true, subackCode: false, sessionPresent: false, retain: true, will: true, willRetain: false, abort: false,
    maxPayload: 10240, maxTopic: 1024, maxReceive: 10240, maxClientId: 128, maxUsername: 256, maxPassword: 256, maxWill: 10240, maxWillTopic: 1024,
    minKeepalive: 1, maxKeepalive: 64800, inflight: 1, rxSlots: 0, connections: 1, protocolVersions: [3, 4],
    notInText: '"\\\b\r\n\x00\x1a' as Bytes, notInWill: '' as Bytes, notInPayload: '' as Bytes
  },
  verifies: true,
  secure: SECURE as Bytes,
  config: CONFIG as Bytes,
  open: '' as Bytes,
  connect: ('{N}AT+CMQTTCONNECT=0,"tcp://%H:%P",%k,%e' + CONNECTED + '\n{U}AT+CMQTTCONNECT=0,"tcp://%H:%P",%k,%e,"%U","%W"' + CONNECTED) as Bytes,
  publish: 'AT+CMQTTTOPIC=0,%j|9|>t\n{y}AT+CMQTTPAYLOAD=0,%L|20|>y\nAT+CMQTTPUB=0,%q,60,%r|9|~65|++CMQTTPUB:%_0,0|-+CMQTTPUB:%_0,%e' as Bytes,
  subscribe: 'AT+CMQTTSUB=0,%j,%q|9|>t|~60|++CMQTTSUB:%_0,0|-+CMQTTSUB:%_0,%e' as Bytes,
  unsubscribe: 'AT+CMQTTUNSUB=0,%j|9|>t|~60|++CMQTTUNSUB:%_0,0|-+CMQTTUNSUB:%_0,%e' as Bytes,
  ask: 'AT+CMQTTDISC?|?+CMQTTDISC:%_0,0' as Bytes,
  // There is no way out without DISCONNECT.
  leave: 'AT+CMQTTDISC=0,60|9|~60|++CMQTTDISC:%_0,0|-+CMQTTDISC:%_0,%e|*' as Bytes,
  close: 'AT+CMQTTDISC=0,60|9|~60|++CMQTTDISC:%_0,0|-+CMQTTDISC:%_0,%e|*\nAT+CMQTTREL=0|*' as Bytes,
  readsAll: false,
  rows: [
    '+CMQTTRXSTART:%_0,%l,%r', NativeEvent.Begin, '+CMQTTRXTOPIC:%_0,%l', NativeEvent.TopicPart, '+CMQTTRXPAYLOAD:%_0,%l', NativeEvent.PayloadPart, '+CMQTTRXEND:%_0', NativeEvent.End,
    '+CMQTTCONNLOST:%_0,%e', NativeEvent.EndedWhy, '+CMQTTNONET', Event.BearerLost, '+CMQTT%*', Event.Nothing
  ],
  heads: [],
  connack: [27, 1, 28, 2, 29, 3, 30, 4, 31, 5],
  codes: [3, LinkCode.TcpFailed, 9, LinkCode.TcpFailed, 17, LinkCode.TcpTimeout, 25, LinkCode.DnsFailed, 26, LinkCode.Closed, 32, LinkCode.TlsFailed, 33, LinkCode.TlsCertificate],
  ended: [2, LinkCode.Reset, 3, LinkCode.TcpFailed]
}
