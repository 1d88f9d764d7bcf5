/** What a board loads: the client of the profile tiny, and the port. */
export { create } from '../../../firmware/index.tiny.js'
export { netHal as port } from './net-port.js'
