// The shared program on the blocking port; the argument is the broker's port.
import { createBlockingHal } from '../../../hal/host/blocking/index.js'
import { sameProgram } from '../same-program.js'

const hal = createBlockingHal({ id: 'same', random: () => 0.5 })
sameProgram(hal, Number(hal.args[0]), hal.report)
