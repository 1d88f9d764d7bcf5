/**
 * Feature flags, folded at build time: every pipeline replaces them by `true` or `false` and drops the dead branch,
 * and what only a dead branch reaches. board.json and the profiles in tools/build choose them.
 */
/** MQTT 3.1 (MQIsdp). */
declare const FEATURE_V31: boolean
/** MQTT 5.0: properties, reason codes, AUTH, topic aliases. */
declare const FEATURE_V5: boolean
/** QoS 2, both ways. */
declare const FEATURE_QOS2: boolean
/** Large messages in pieces, in and out. */
declare const FEATURE_STREAM: boolean
/** The receive cache of `receive()`. */
declare const FEATURE_CACHE: boolean
/** More than one server, tried in turn. */
declare const FEATURE_FAILOVER: boolean
/** Queue policies beyond `refuse`, deadlines, priority, keep-latest. */
declare const FEATURE_POLICIES: boolean
/** The full set of configuration checks; without it only those that protect memory and the wire remain. */
declare const FEATURE_CHECKS: boolean
/** Takeover detection, quarantine of filters, statistics of drops: docs/protocol.md, decisions 30 and 31. */
declare const FEATURE_GOVERNOR: boolean
/** High-water marks in `stats()`: docs/memory.md. In hal/at what serves a diagnosis alone: the stored record of resets, names for lines of no importance. */
declare const FEATURE_STATS: boolean
/** The outbox, packet ids and receive set in `hal.storage`, safe over a power cut. */
declare const FEATURE_JOURNAL: boolean
/** The keepalive that learns how long a path keeps an idle link. */
declare const FEATURE_LEARN: boolean
/** Ports that can wait (`timer.wait`), and ports that wake us (`timer.onWake`): a pipeline leaves out what its runtime does not have. */
declare const FEATURE_WAIT: boolean
declare const FEATURE_WAKE: boolean
/** Options of a wrong kind are refused by name, where the runtime would throw (Lua). */
declare const FEATURE_KINDS: boolean
/** The flight recorder. */
declare const FEATURE_RECORDER: boolean
/** TLS in the port, where the port can leave it out (hal/espruino). Without it an endpoint with `tls` ends with Unsupported. */
declare const FEATURE_TLS: boolean
/** Ports whose MQTT is inside a modem (`hal.offload`): what it cannot do is refused by name. On for hal/at and for Node. */
declare const FEATURE_OFFLOAD: boolean
