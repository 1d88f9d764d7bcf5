// A process whose firmware program is the file given as argument; for Ctrl-C.
import { runBlocking } from '../../../hal/host/blocking/index.js'

const result = await runBlocking(process.argv[2]!, {
  args: [process.argv[3]!],
  stopLimitMs: 1_000,
  onReport: value => console.log(JSON.stringify(value))
})
console.log(JSON.stringify(result))
