/** What yieldmq exports: the client, byte strings, codes and the public types. */
export { Client, create, run } from './client.js'
export { at, b1, b2, b3, b4, cat, cut, keep, u16, u32 } from './bytes.js'
export { ErrorCode, Reason } from './codes.js'
export * as defaults from './defaults.js'
export { recording } from './recording.js'
export * as presets from './presets.js'
export { matches } from './topic.js'
export type * from './types.js'

