/** A server that says anything to a client that works. */
import type { SimConnection } from '../../../hal/sim/index.js'
import { Choices } from '../choices.js'
import { aConnack, aPacket, damaged } from '../packets.js'
import { World } from '../world.js'

/** Steps of one input, at most. */
const STEPS = 80

export function serve(w: World): { readonly last: SimConnection | undefined } {
  const state: { last: SimConnection | undefined } = { last: undefined }
  const version = w.options.protocolVersion!
  w.sim.network.listen('broker', 1883, (connection) => {
    state.last = connection
    let greeted = false
    connection.onData(() => {
      if (greeted) return
      greeted = true
      connection.send(w.choices.done ? aConnack(w.choices, version) : damaged(w.choices, aConnack(w.choices, version)))
    })
  })
  return state
}

export function run(input: Uint8Array): void {
  const c = new Choices(input)
  const w = new World(c)
  const server = serve(w)
  w.client.connect()
  w.run(10)
  for (let i = 0; i < STEPS && !c.done; i += 1) {
    const what = c.int(16)
    if (what < 9) server.last?.send(damaged(c, aPacket(c, w.client.core_, w.options.protocolVersion!)))
    else if (what < 13) w.act()
    else if (what === 13) w.run(c.pick([1, 10, 1000, 20000, 70000]))
    else if (what === 14 && server.last !== undefined) c.pick([() => server.last?.fin(), () => server.last?.rst(), () => server.last?.stall(true), () => server.last?.stall(false)])()
    else server.last?.send(Buffer.from(c.take(1 + c.int(20))).toString('latin1') as never)
    if (c.oneIn(2)) w.run(2)
    w.check()
  }
  w.finish()
}
