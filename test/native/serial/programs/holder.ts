/** Opens a pty, prints its path, leaves bytes in it that nobody reads, and waits to be ended. */
import type { Bytes } from '../../../../hal/hal.js'
import { openPty } from '../../../../tools/modem/pty.js'

const pty = await openPty()
pty.write('x'.repeat(4096) as Bytes)
pty.onCredit(() => { pty.write('x'.repeat(4096) as Bytes) })
console.log(pty.path)
