/** A publisher without a client: finished QoS 0 PUBLISH packets into a socket, so that feeding a subscriber costs as little as it can. */
import net from 'node:net'
import { once } from 'node:events'
import { generate } from 'mqtt-packet'

const packetsPerWrite = 200

/** Sends `count` messages to `topic` and resolves when the broker confirmed the last. */
export async function feed(port: number, topic: string, payloadBytes: number, count: number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1')
  try {
    socket.write(generate({ cmd: 'connect', clientId: `feed-${process.pid}`, clean: true, keepalive: 60, protocolId: 'MQTT', protocolVersion: 4 }))
    await once(socket, 'data')
    const packet = generate({ cmd: 'publish', topic, payload: Buffer.alloc(payloadBytes, 'x'), qos: 0, retain: false, dup: false })
    for (let sent = 0; sent < count; sent += packetsPerWrite) {
      const packets = Math.min(packetsPerWrite, count - sent)
      if (!socket.write(Buffer.concat(Array.from({ length: packets }, () => packet)))) await once(socket, 'drain')
    }
    socket.write(generate({ cmd: 'pingreq' }))
    await once(socket, 'data')
  } finally {
    socket.destroy()
  }
}
