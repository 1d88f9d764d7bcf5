/** The profile `tiny`: what a bundle of it exports, and nothing else. */
export { Client, create, run } from './tiny/client.js'
