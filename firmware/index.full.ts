/** The profile `full`: what a bundle of it exports, and nothing else. */
export { Client, create, run } from './client.js'
export { recording } from './recording.js'
