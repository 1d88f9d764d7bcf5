/** What a board loads: the client of the profile standard, and the port. */
export { create } from '../../../firmware/index.standard.js'
export { netHal as port } from './net-port.js'
