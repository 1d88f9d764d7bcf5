/** Quectel EC2x and BG9x: AT+QMT with buffered receive, client 0, SSL context 2. Unverified on hardware: docs/modems.md. */
import type { Bytes } from '../../firmware/bytes.js'
import { LinkCode } from '../hal.js'
import { Event } from './family.js'
import { NativeEvent, type NativeFamily } from './native-family.js'
import { UPLOAD } from './quectel.js'

const SECURE = UPLOAD + '\nAT+QSSLCFG="sslversion",2,3\nAT+QSSLCFG="ciphersuite",2,0XFFFF\n{i}AT+QSSLCFG="seclevel",2,0\n{o}AT+QSSLCFG="seclevel",2,1\n{m}AT+QSSLCFG="seclevel",2,2\n' +
  '{A}AT+QSSLCFG="cacert",2,"ca.pem"\n{c}AT+QSSLCFG="clientcert",2,"cert.pem"\n{c}AT+QSSLCFG="clientkey",2,"key.pem"\n' +
  '{i}AT+QSSLCFG="ignorelocaltime",2,1\n{v}AT+QSSLCFG="ignorelocaltime",2,0\nAT+QSSLCFG="sni",2,1'

/** Names and keys stay from one connection to the next, so the will that is not there is said as well. */
const CONFIG = 'AT+QMTCFG="version",0,%V\nAT+QMTCFG="pdpcid",0,1\n{S}AT+QMTCFG="ssl",0,1,2\n{B}AT+QMTCFG="ssl",0,0\nAT+QMTCFG="keepalive",0,%k\nAT+QMTCFG="session",0,%e\n' +
  '{X}AT+QMTCFG="will",0,0\n{T}AT+QMTCFG="will",0,1,%Q,%R,"%T","%M"\nAT+QMTCFG="recv/mode",0,1,1'

const CONNECTED = '|9|~60|++QMTCONN:%_0,0,0|-+QMTCONN:%_0,0,%e|-+QMTCONN:%_0,2'
const PUBLISHED = '|20|>y|~60|++QMTPUBEX:%_0,%x,0|++QMTPUB:%_0,%x,0|-+QMTPUBEX:%_0,%x,2|-+QMTPUB:%_0,%x,2'

export const quectelNative: NativeFamily = {
  name: 'quectel',
  capabilities: {
    qos2: false, puback: true, connackCode: true, subackCode: true, sessionPresent: false, retain: true, will: true, willRetain: true, abort: true,
    maxPayload: 4096, maxTopic: 255, maxReceive: 4096, maxClientId: 256, maxUsername: 256, maxPassword: 256, maxWill: 255, maxWillTopic: 255,
    minKeepalive: 0, maxKeepalive: 3600, inflight: 1, rxSlots: 5, connections: 1, protocolVersions: [3, 4],
    notInText: '"\\\b\r\n\x00\x1a' as Bytes, notInWill: '"\\\b\r\n\x00\x1a' as Bytes, notInPayload: '' as Bytes
  },
  verifies: true,
  secure: SECURE as Bytes,
  config: CONFIG as Bytes,
  open: 'AT+QMTOPEN=0,"%H",%P|9|~150|++QMTOPEN:%_0,0|-+QMTOPEN:%_0,%e' as Bytes,
  connect: ('{N}AT+QMTCONN=0,"%I"' + CONNECTED + '\n{U}AT+QMTCONN=0,"%I","%U","%W"' + CONNECTED) as Bytes,
  // Without a length its data end with a byte of 26.
  publish: ('{y}AT+QMTPUBEX=0,%m,%q,%r,"%t",%L' + PUBLISHED + '\n{z}AT+QMTPUB=0,%m,%q,%r,"%t"|20|>Z|~60|++QMTPUB:%_0,%x,0|-+QMTPUB:%_0,%x,2') as Bytes,
  subscribe: 'AT+QMTSUB=0,%m,"%t",%q|9|~60|++QMTSUB:%_0,%x,0,%r|-+QMTSUB:%_0,%x,2' as Bytes,
  unsubscribe: 'AT+QMTUNS=0,%m,"%t"|9|~60|++QMTUNS:%_0,%x,0|-+QMTUNS:%_0,%x,2' as Bytes,
  ask: 'AT+QMTCONN?|?+QMTCONN:%_0,3' as Bytes,
  leave: 'AT+QMTDISC=0|9|~10|++QMTDISC:%_0,%x|*' as Bytes,
  close: 'AT+QMTCLOSE=0|9|~10|++QMTCLOSE:%_0,%x|*' as Bytes,
  read: 'AT+QMTRECV=0,%Y|20' as Bytes,
  readsAll: false,
  rows: [
    '+QMTRECV:%_0,%n', NativeEvent.Notice, '+QMTSTAT:%_0,%e', NativeEvent.EndedWhy, '+QMT%*', Event.Nothing, '"', Event.Nothing
  ],
  heads: ['+QMTRECV:%_0,%x,"%T",%l,"%$', NativeEvent.Message],
  connack: [1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
  // Those of QMTOPEN, whose CONNECT was not sent yet.
  codes: [-1, LinkCode.TcpFailed, 3, LinkCode.TcpFailed, 4, LinkCode.DnsFailed, 5, LinkCode.TcpFailed],
  ended: [2, LinkCode.TcpTimeout, 3, LinkCode.TcpTimeout, 4, LinkCode.TcpTimeout, 6, LinkCode.TcpTimeout, 7, LinkCode.TcpFailed]
}
