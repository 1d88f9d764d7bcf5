/**
 * The modem's sockets as the interpreter's own network, for other code of the program: after `atNetwork(hal)` its `net`, `http` and
 * all that stands on them go over the modem, beside the client's link.
 *
 *   const hal = espruino({ apn: 'cmiot' })
 *   atNetwork(hal)
 *   require('http').get('http://example.com/', (response) => { ... })
 *
 * The interpreter asks in each round of its idle loop (libs/network/js/network_js.c): `recv` gives bytes, "" for none, or a number below 0
 * that ends the connection; `send` gives how many bytes it took. Names reach `create` as they are, so the modem resolves them. A link that opens
 * says -11 ("no connection"), which the interpreter passes over until it has heard something else: then it reports 'connect'.
 */
import type { Bytes } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Code, type Hal, type Socket } from '../hal.js'

declare function require(name: string): { create(network: Network): Network }

/** What the interpreter calls. */
interface Network {
  create: (host: string | undefined, port: number, type: number) => number
  close: (socket: number) => void
  accept: (socket: number) => number
  recv: (socket: number, most: number) => Bytes | number
  send: (socket: number, bytes: Bytes) => number
}

/** The interpreter's errors: socketerrors.h. */
const enum NetError { Closed = -1, Timeout = -3, NoRoute = -4, NotFound = -6, NoSocket = -7, Reset = -9, NoConnection = -11 }

/** What `create` is asked for: 0 a socket, 1 http, 2 UDP; 4 more with TLS, which is then the interpreter's own. */
const enum Type { Udp = 2, Tls = 4 }

interface Place {
  socket_: Socket
  isTls_: boolean
}

/** What ended a link, as the interpreter says it. */
function errorOf(code: Code): number {
  if (code === LinkCode.Closed) return NetError.Closed
  if (code === LinkCode.TcpTimeout) return NetError.Timeout
  if (code === LinkCode.DnsFailed) return NetError.NotFound
  if (code === LinkCode.NoSocket) return NetError.NoSocket
  return code === LinkCode.Reset || code === LinkCode.TcpRefused ? NetError.Reset : NetError.NoRoute
}

/** From here on the interpreter's network is the modem of `hal`. There are no servers and no UDP: those throw. */
export function atNetwork(this: void, hal: Hal): void {
  const places: (Place | undefined)[] = []
  require('NetworkJS').create({
    create: (host, port, type) => {
      if (host === undefined || type % Type.Tls === Type.Udp) return NetError.Closed
      let i = 0
      while (places[i] !== undefined) i = i + 1
      // A link that cannot be had says so later, as one that fails.
      places[i] = { socket_: hal.socket.open({ host: host, port: port }), isTls_: type >= Type.Tls }
      return i
    },
    close: (i) => {
      const place = places[i]
      if (place !== undefined) place.socket_.close()
      places[i] = undefined
    },
    accept: () => NetError.Closed,
    recv: (i, most) => {
      const place = places[i]
      if (place === undefined) return NetError.Closed
      const status = place.socket_.status()
      if (status < 0) return errorOf(status)
      // Its TLS takes a number for the end of the handshake.
      return status === SocketStatus.Opening && !place.isTls_ ? NetError.NoConnection : place.socket_.read(most)
    },
    send: (i, bytes) => {
      const place = places[i]
      if (place === undefined) return NetError.Closed
      if (place.socket_.status() === SocketStatus.Opening) return 0
      const taken = place.socket_.write(bytes)
      return taken < 0 ? errorOf(taken) : taken
    }
  })
}
