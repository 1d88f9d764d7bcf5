// Event-driven programs that must end by themselves, or must not; argument 1 names one, argument 2 is the peer's port.
import { SocketStatus, type Bytes } from '../../../hal/hal.js'
import { createHostHal } from '../../../hal/host/index.js'
import { NEVER_MS } from '../../../hal/host/timer.js'

const hal = createHostHal()
const { timer } = hal

const programs: Record<string, () => void> = {
  // Opens, exchanges, closes, frees its handle: nothing is left.
  closed() {
    const socket = hal.socket.open({ host: '127.0.0.1', port: Number(process.argv[3]) })
    let asked = false
    const handle = timer.onWake!(() => {
      if (socket.status() === SocketStatus.Open && !asked) {
        asked = true
        socket.write('echo\nhello' as Bytes)
      }
      if (socket.pending() === 5) {
        console.log(socket.read(5))
        socket.close()
        timer.wakeAfter!(handle, -1)
      }
    })
    timer.wakeAfter!(handle, 60_000)
  },
  // Nothing but a wake to come, as between two attempts to connect.
  pending() {
    const handle = timer.onWake!(() => {
      console.log('woken')
      timer.wakeAfter!(handle, -1)
    })
    timer.wakeAfter!(handle, 100)
  },
  never() {
    const handle = timer.onWake!(() => console.log('woken'))
    timer.wakeAfter!(handle, 50)
    timer.wakeAfter!(handle, NEVER_MS)
    console.log('ending')
  },
  async rejected() {
    hal.system.guard(async () => { throw new Error('an async handler failed') }, 0, 0, 0)
    console.log('ending')
  }
}
programs[process.argv[2]!]!()
