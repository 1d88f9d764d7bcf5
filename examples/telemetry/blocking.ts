/** The telemetry program on the blocking host port: started by `runBlocking`, its settings as JSON in the first argument. */
import { createBlockingHal } from '../../hal/host/blocking/index.js'
import { telemetry, type Settings } from './telemetry.js'

const hal = createBlockingHal()
telemetry(hal, {
  ...(JSON.parse(hal.args[0] ?? '{}') as Settings),
  print: line => console.log(line),
  ended: hal.report
})
