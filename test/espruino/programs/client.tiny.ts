/** What `require("yieldmq")` gives on a board of the profile tiny: the client and the port. */
export { create, run } from '../../../firmware/index.tiny.js'
export { espruino } from '../../../hal/espruino/index.js'
