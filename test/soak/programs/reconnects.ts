/**
 * Reconnects over real sockets: the server takes one QoS 1 publish on each connection and cuts it before or after the
 * acknowledgement, in turn. Prints one JSON value.
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
  const parser = mqttPacket.parser({ protocolVersion: 4 })
  parser.on('packet', packet => {
    if (packet.cmd === 'connect') socket.write(mqttPacket.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false } as mqttPacket.Packet))
    else if (packet.cmd === 'subscribe') socket.write(mqttPacket.generate({ cmd: 'suback', messageId: packet.messageId, granted: [1] } as mqttPacket.Packet))
    else if (packet.cmd === 'publish') {
      if (acknowledge) socket.end(mqttPacket.generate({ cmd: 'puback', messageId: packet.messageId } as mqttPacket.Packet))
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
    servers: [{ host: '127.0.0.1', port }], jitter: false, reconnectPeriod: 1, reconnectPeriodMax: 1,
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
