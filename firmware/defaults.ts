/**
 * Every default of the limits and times, one table per profile. docs/limits.md prints them.
 * Bytes, counts and milliseconds, as `Limits` and `Options` say.
 */
export interface Defaults {
  packetIn: number
  packetOut: number
  streamMax: number
  outboxCount: number
  outboxBytes: number
  inboxCount: number
  inboxBytes: number
  inflight: number
  subscriptions: number
  slicePackets: number
  sliceBytes: number
  /** Filters in one SUBSCRIBE; eight is the least that a cloud allows. */
  maxFilters: number
  /** The highest QoS that the profile has. */
  maxQos: number
  /** s */
  keepalive: number
  connectTimeout: number
  requestTimeout: number
  ackTimeout: number
  reconnectPeriod: number
  reconnectPeriodMax: number
  reconnectSpread: number
}

/** Boards with 1600 variables: one reading at a time. Slices, `requestTimeout` (it is `ackTimeout`'s) and `reconnectSpread` are no options there. */
export const tiny: Defaults = {
  packetIn: 1024, packetOut: 1024, streamMax: 0,
  outboxCount: 16, outboxBytes: 4096, inboxCount: 0, inboxBytes: 0,
  inflight: 8, subscriptions: 8, slicePackets: 536, sliceBytes: 1072,
  maxFilters: 1, maxQos: 1, keepalive: 120,
  connectTimeout: 10000, requestTimeout: 60000, ackTimeout: 60000,
  reconnectPeriod: 1000, reconnectPeriodMax: 60000, reconnectSpread: 5000
}

/** Boards and modules with memory to spare. */
export const standard: Defaults = {
  packetIn: 1024, packetOut: 1024, streamMax: 262144,
  outboxCount: 64, outboxBytes: 16384, inboxCount: 16, inboxBytes: 8192,
  inflight: 20, subscriptions: 32, slicePackets: 16, sliceBytes: 4096,
  maxFilters: 1, maxQos: 2, keepalive: 120,
  connectTimeout: 10000, requestTimeout: 10000, ackTimeout: 60000,
  reconnectPeriod: 1000, reconnectPeriodMax: 60000, reconnectSpread: 5000
}

/** Everything; also what the Node library uses. */
export const full: Defaults = {
  packetIn: 1024, packetOut: 1024, streamMax: 262144,
  outboxCount: 256, outboxBytes: 65536, inboxCount: 32, inboxBytes: 32768,
  inflight: 20, subscriptions: 64, slicePackets: 256, sliceBytes: 65536,
  maxFilters: 8, maxQos: 2, keepalive: 120,
  connectTimeout: 10000, requestTimeout: 10000, ackTimeout: 60000,
  reconnectPeriod: 1000, reconnectPeriodMax: 60000, reconnectSpread: 5000
}

/** The table of the profile that is built. */
export const defaults: Defaults = FEATURE_V5 ? full : FEATURE_QOS2 ? standard : tiny
