/** A path that forgets idle links, as NATs, base stations and proxies do, and a server at its end, in the simulator. */
import mqtt from 'mqtt-packet'
import type { Bytes } from '../../hal/hal.js'
import type { Sim, SimConnection } from '../../hal/sim/index.js'

/**
 * What becomes of an idle link: bytes vanish (`silent`), the next ones meet an RST (`rst`), or both ends are told at once,
 * by RST (`reset`) or FIN (`fin`).
 */
export type Cut = 'silent' | 'rst' | 'reset' | 'fin'

/** Ends `connection` when no byte passed in either direction for `limit()` ms. Returns what must be told of every byte. */
export function cutIdle(sim: Sim, connection: SimConnection, limit: () => number, how: Cut): () => void {
  let last = sim.now
  const end = (): void => {
    if (how === 'silent') connection.halfOpen('both')
    else if (how === 'rst') connection.forget()
    else if (how === 'reset') connection.rst()
    else connection.close()
  }
  const look = (): void => {
    if (!connection.open) return
    const left = limit() - (sim.now - last)
    if (left <= 0) end()
    else connection.after(Math.min(left, 60000), look)
  }
  look()
  return () => {
    last = sim.now
  }
}

export interface Path {
  /** ms of idleness that it bears; may change while it runs. */
  limitMs: number
  how: Cut
}

function bytesOf(packet: mqtt.Packet): Bytes {
  return mqtt.generate(packet).toString('latin1') as Bytes
}

const PINGRESP = bytesOf({ cmd: 'pingresp' })
const CONNACK = bytesOf({ cmd: 'connack', returnCode: 0, sessionPresent: false })

/** A server for keepalives behind `path`: it takes CONNECT and answers PINGREQ. */
export function servePath(sim: Sim, path: Path, host = 'broker', port = 1883): void {
  sim.network.listen(host, port, (connection) => {
    const passed = cutIdle(sim, connection, () => path.limitMs, path.how)
    const parser = mqtt.parser()
    const answer = (bytes: Bytes): void => {
      passed()
      connection.send(bytes)
    }
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') answer(CONNACK)
      else if (packet.cmd === 'pingreq') answer(PINGRESP)
      else if (packet.cmd === 'disconnect') connection.close()
    })
    connection.onData((bytes) => {
      passed()
      parser.parse(Buffer.from(bytes, 'latin1'))
    })
  })
}
