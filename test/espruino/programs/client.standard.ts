/** What `require("yieldmq")` gives on a board of the profile standard: the client and the port. */
export { create, run } from '../../../firmware/index.standard.js'
export { espruino } from '../../../hal/espruino/index.js'
