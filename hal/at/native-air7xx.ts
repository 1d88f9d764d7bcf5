/**
 * openLuat Air724 and Air780: AT+MCONFIG and what follows. TLS is context 88, with the certificates of TCP's links. Unverified on hardware: docs/modems.md.
 *
 * MSGSET and MODE are sent before each open, for their defaults differ between guides and firmware; a module that refuses them is not used.
 */
import type { Bytes } from '../../firmware/bytes.js'
import type { Capabilities } from '../hal.js'
import { UPLOAD } from './air7xx.js'
import { Event } from './family.js'
import { UNESCAPABLE } from './native-escape.js'
import { NativeEvent, type NativeFamily } from './native-family.js'

/** All six suites; TLS 1.2 only. What is not checked must have been written out. */
const SECURE = UPLOAD + '\nAT+SSLCFG="sslversion",88,3\nAT+SSLCFG="ciphersuite",88,0XFFFF\n{A}AT+SSLCFG="cacert",88,"ca.crt"\n' +
  '{c}AT+SSLCFG="clientcert",88,"client.crt"\n{c}AT+SSLCFG="clientkey",88,"client.key"\n' +
  '{i}AT+SSLCFG="seclevel",88,0\n{o}AT+SSLCFG="seclevel",88,1\n{m}AT+SSLCFG="seclevel",88,2\n' +
  '{i}AT+SSLCFG="ignorelocaltime",88,1\n{v}AT+SSLCFG="ignorelocaltime",88,0\nAT+SSLCFG="hostname",88,"%S"'

/** CIPMUX=1, in which the bring-up leaves the module, puts link 7 before some lines. */
const OPENED = '|9|~75|+CONNECT OK|+7,%_CONNECT OK|-CONNECT FAIL|-7,%_CONNECT FAIL|-ALREADY CONNECT'

/** An ack is waited for before the next publish: a guide asks for that. */
const ACKED = '|~60|+PUBACK'

function capabilities(payload: number, slots: number, isEscaped: boolean): Capabilities {
  return {
    qos2: false, puback: true, connackCode: false, subackCode: false, sessionPresent: false, retain: true, will: true, willRetain: true, abort: true,
    maxPayload: payload, maxTopic: 256, maxReceive: payload, maxClientId: 256, maxUsername: 256, maxPassword: 256, maxWill: 1360, maxWillTopic: 256,
    minKeepalive: 1, maxKeepalive: 65535, inflight: 1, rxSlots: slots, connections: 1, protocolVersions: [4],
    notInText: '"\\\b\r\n\x00\x1a' as Bytes, notInWill: UNESCAPABLE, notInPayload: (isEscaped ? UNESCAPABLE : '') as Bytes
  }
}

/** `payload`: bytes of one message. */
function air7xx(name: string, payload: number): NativeFamily {
  return {
    name: name,
    capabilities: capabilities(payload, 0, false),
    cached: capabilities(payload, 4, false),
    escaped: capabilities(payload, 0, true),
    verifies: true,
    secure: SECURE as Bytes,
    config: 'AT+MQTTMSGSET=%g\nAT+MQTTMODE=0\n{X}AT+MCONFIG="%I","%U","%W"\n{T}AT+MCONFIG="%I","%U","%W",%Q,%R,"%T","%O"' as Bytes,
    open: ('{B}AT+MIPSTART="%H",%P' + OPENED + '\n{S}AT+SSLMIPSTART="%H",%P' + OPENED) as Bytes,
    connect: 'AT+MCONNECT=%e,%k|9|~60|+CONNACK OK|-CLOSED|-7,%_CLOSED' as Bytes,
    // A length of 0 is refused.
    publish: ('{y}{f}AT+MPUBEX="%t",%q,%r,%L|20|>y\n{y}{F}AT+MPUBEX="%t",%q,%r,%L|20|>y' + ACKED + '\n{z}{f}AT+MPUB="%t",%q,%r,""\n{z}{F}AT+MPUB="%t",%q,%r,""' + ACKED) as Bytes,
    publishEscaped: ('{f}AT+MPUB="%t",%q,%r,"%x"|20\n{F}AT+MPUB="%t",%q,%r,"%x"|20' + ACKED) as Bytes,
    subscribe: 'AT+MSUB="%t",%q|9|~30|+SUBACK' as Bytes,
    unsubscribe: 'AT+MUNSUB="%t"|9|~30|+UNSUBACK' as Bytes,
    ask: 'AT+MQTTSTATU|?+MQTTSTATU%_:%_1' as Bytes,
    leave: 'AT+MDISCONNECT|*' as Bytes,
    close: 'AT+MIPCLOSE|*' as Bytes,
    read: 'AT+MQTTMSGGET|20' as Bytes,
    readsAll: true,
    rows: [
      '+MSUB:%_%n', NativeEvent.Notice, 'CLOSED', NativeEvent.Ended, '7,%_CLOSED', NativeEvent.Ended, 'PUBACK', Event.Nothing, 'SUBACK', Event.Nothing, 'UNSUBACK', Event.Nothing,
      'CONNACK OK', Event.Nothing, 'CONNECT OK', Event.Nothing, 'CONNECT FAIL', Event.Nothing, '7,%_CONNECT%*', Event.Nothing
    ],
    // Pushed, as in the manual and without its word; fetched, where nothing but the number after it ends the topic.
    heads: ['+MSUB:%_"%T",%l byte,%$', NativeEvent.Message, '+MSUB:%_"%T",%l,%$', NativeEvent.Message, '+MSUB:%_%T,%l byte,%$', NativeEvent.Message],
    connack: [],
    codes: [],
    ended: []
  }
}

export const air724Native = /* @__PURE__ */ air7xx('air724', 1360)
export const air780Native = /* @__PURE__ */ air7xx('air780', 4100)
