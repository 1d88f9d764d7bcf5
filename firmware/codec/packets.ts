/** The packet types, and the first bytes of what a client sends (MQTT 5.0 section 2.1; the same in 3.1 and 3.1.1). */

/** Bits 7 to 4 of the first byte. */
export const enum PacketType {
  Connect = 1,
  Connack = 2,
  Publish = 3,
  Puback = 4,
  Pubrec = 5,
  Pubrel = 6,
  Pubcomp = 7,
  Subscribe = 8,
  Suback = 9,
  Unsubscribe = 10,
  Unsuback = 11,
  Pingreq = 12,
  Pingresp = 13,
  Disconnect = 14,
  /** 5.0 only. */
  Auth = 15,
  /** Not a packet: the will inside CONNECT, which has properties of its own. */
  Will = 16
}

/** First bytes with their flag bits. 3.1 adds 8 (DUP) to the last three when it sends one again. */
export const enum FirstByte {
  Puback = 0x40,
  Pubrec = 0x50,
  Pubrel = 0x62,
  Pubcomp = 0x70,
  Subscribe = 0x82,
  Unsubscribe = 0xa2
}

/** Flag bits of PUBLISH (section 3.3.1); `writePublish` takes their sum. */
export const enum PublishFlag {
  Retain = 1,
  Qos1 = 2,
  Qos2 = 4,
  Dup = 8
}
