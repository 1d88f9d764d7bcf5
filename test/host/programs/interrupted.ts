// A process whose firmware program is the file given as argument, with the arguments after it; for Ctrl-C and for how it ends.
import { runBlocking } from '../../../hal/host/blocking/index.js'

const result = await runBlocking(process.argv[2]!, {
  args: process.argv.slice(3),
  stopLimitMs: 1_000,
  onReport: value => console.log(JSON.stringify(value))
})
console.log(`open: ${process.getActiveResourcesInfo().filter(name => name.includes('TCP')).length}`)
console.log(JSON.stringify(result))
