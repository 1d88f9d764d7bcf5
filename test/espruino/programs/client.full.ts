/** What a board loads: the client of the profile full, and the port. */
export { create } from '../../../firmware/index.full.js'
export { netHal as port } from './net-port.js'
