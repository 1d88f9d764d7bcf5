/**
 * Reconnects over real sockets: the server takes one QoS 1 publish on each connection and cuts it before or after the
 * acknowledgement, in turn; after it with a DISCONNECT that says why, since a thousand plain closes would be taken for
 * another client with our id. Prints one JSON value.
 */
import net from 'node:net'
import mqttPacket from 'mqtt-packet'
import { create } from '../../../firmware/index.js'
import { bytes, createHostHal } from '../../../hal/host/index.js'

const RECONNECTS = Number(process.argv[2])
const WARM_UP = Math.floor(RECONNECTS / 2)

let connections = 0
const server = net.createServer(socket => {
  connections += 1
  const acknowledge = connections % 2 === 0
  const answer = (packet: object): Buffer => mqttPacket.generate(packet as mqttPacket.Packet, { protocolVersion: 5 })
  const parser = mqttPacket.parser({ protocolVersion: 5 })
  parser.on('packet', packet => {
    if (packet.cmd === 'connect') socket.write(answer({ cmd: 'connack', reasonCode: 0, sessionPresent: false }))
    else if (packet.cmd === 'subscribe') socket.write(answer({ cmd: 'suback', messageId: packet.messageId, granted: [1] }))
    else if (packet.cmd === 'publish') {
      if (acknowledge) socket.end(Buffer.concat([answer({ cmd: 'puback', messageId: packet.messageId }), answer({ cmd: 'disconnect', reasonCode: 0x8b })]))
      else socket.resetAndDestroy()
    }
  })
  socket.on('data', chunk => { parser.parse(chunk) })
  socket.on('error', () => socket.destroy())
})

const heap = (): number => {
  globalThis.gc!()
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as net.AddressInfo
  let atWarmUp = 0
  let ended = 0
  const client = create(createHostHal(), {
    protocolVersion: 5, servers: [{ host: '127.0.0.1', port }], jitter: false, reconnectPeriod: 1, reconnectPeriodMax: 1,
    onReceipt: () => { ended += 1 },
    onLink: state => {
      if (state === 'up') {
        if (client.stats().outboxCount === 0) client.publish('soak/reading', bytes(`reading ${connections}`), 1)
        if (connections === WARM_UP) atWarmUp = heap()
        if (connections === RECONNECTS) {
          const growthBytes = heap() - atWarmUp
          const stats = { ...client.stats() }
          client.destroy()
          server.close()
          console.log(JSON.stringify({ connections, ended, growthBytes, stats }))
        }
      }
    }
  })
  client.subscribe('soak/#', 1)
  client.connect()
})
