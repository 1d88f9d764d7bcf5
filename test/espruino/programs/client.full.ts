/** What `require("yieldmq")` gives on a board of the profile full: the client and the port. */
export { create, run } from '../../../firmware/index.full.js'
export { espruino } from '../../../hal/espruino/index.js'
