/** The client of the profile standard, the port, and the bearer of a board with Wi-Fi. */
export { create } from '../../../firmware/index.standard.js'
export { espruino } from '../../../hal/espruino/index.js'
export { wifi } from '../../../hal/espruino/wifi.js'
