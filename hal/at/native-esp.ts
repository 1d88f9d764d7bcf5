/**
 * ESP-AT: AT+MQTT, link 0, whose commands have less than 256 bytes, and which hands messages on at once, those above 1024 bytes as several. Certificates lie in
 * its flash, not in commands: over TLS nothing is checked here, so that has to be written out. Unverified on hardware: docs/modems.md.
 */
import type { Bytes } from '../../firmware/bytes.js'
import { Event } from './family.js'
import { NativeEvent, type NativeFamily } from './native-family.js'

/** The names come by prompts of their own: one OK, the prompt, another OK. */
const CONFIG = '{B}AT+MQTTUSERCFG=0,1,"","","",0,0,""\n{S}AT+MQTTUSERCFG=0,2,"","","",0,0,""\nAT+MQTTLONGCLIENTID=0,%4|9|>I|+OK|=OK\n{U}AT+MQTTLONGUSERNAME=0,%5|9|>U|+OK|=OK\n' +
  '{W}AT+MQTTLONGPASSWORD=0,%6|9|>W|+OK|=OK\n{S}AT+MQTTSNI=0,"%S"\nAT+MQTTCONNCFG=0,%k,%E,"%T","%M",%Q,%R'

export const espNative: NativeFamily = {
  name: 'esp',
  capabilities: {
    qos2: false, puback: true, connackCode: false, subackCode: false, sessionPresent: false, retain: true, will: true, willRetain: true, abort: false,
    // What fits into its buffer of 1024 bytes with the topic.
    maxPayload: 880, maxTopic: 128, maxReceive: 1024, maxClientId: 256, maxUsername: 256, maxPassword: 1024, maxWill: 100, maxWillTopic: 64,
    minKeepalive: 1, maxKeepalive: 7200, inflight: 1, rxSlots: 0, connections: 1, protocolVersions: [4],
    notInText: '",\\\b\r\n\x00' as Bytes, notInWill: '",\\\b\r\n\x00' as Bytes, notInPayload: '' as Bytes
  },
  verifies: false,
  // It has nothing to be given.
  secure: '' as Bytes,
  config: CONFIG as Bytes,
  open: '' as Bytes,
  connect: 'AT+MQTTCONN=0,"%H",%P,0|75|++MQTTCONNECTED:0%*' as Bytes,
  publish: '{y}AT+MQTTPUBRAW=0,"%t",%L,%q,%r|20|>y|~60|++MQTTPUB:OK|-+MQTTPUB:FAIL\n{z}AT+MQTTPUB=0,"%t","",%q,%r|60' as Bytes,
  subscribe: 'AT+MQTTSUB=0,"%t",%q|60' as Bytes,
  unsubscribe: 'AT+MQTTUNSUB=0,"%t"|60' as Bytes,
  ask: 'AT+MQTTCONN?|?+MQTTCONN:0,4%*|?+MQTTCONN:0,5%*|?+MQTTCONN:0,6%*' as Bytes,
  leave: 'AT+MQTTCLEAN=0|15|*' as Bytes,
  close: 'AT+MQTTCLEAN=0|15|*' as Bytes,
  readsAll: false,
  rows: ['+MQTTDISCONNECTED:0', NativeEvent.Ended, '+MQTT%*', Event.Nothing, 'ALREADY SUBSCRIBE', Event.Nothing, 'NO UNSUBSCRIBE', Event.Nothing],
  heads: ['+MQTTSUBRECV:0,"%T",%l,%$', NativeEvent.Message],
  connack: [],
  codes: [],
  ended: []
}
