/**
 * TLS by the interpreter's `tls`. It encrypts, and shows a client certificate; it does not check the server's (version 2v29:
 * the name it asks for is not the server's, and the result of no check is taken for a good one), so an endpoint must say that
 * this is accepted. Without `insecureNoVerify` it is refused, and so are a server name and ALPN, which the interpreter does not send.
 */
import type { Bytes } from '../../firmware/bytes.js'
import type { NetSocket } from './net.js'
import type { Endpoint, TlsOptions } from '../hal.js'

declare function require(name: string): { connect(options: { host: string; port: number; cert: Bytes | undefined; key: Bytes | undefined }): NetSocket }

/** Whether the interpreter can do what the endpoint asks for. */
export function canTls(this: void, tls: TlsOptions): boolean {
  return tls.insecureNoVerify === true && tls.ca === undefined && tls.servername === undefined && tls.alpn === undefined
}

/** `cert` and `key` in DER, more than 100 bytes each, as the interpreter takes them. Throws what the interpreter throws. */
export function connectTls(this: void, endpoint: Endpoint, tls: TlsOptions): NetSocket {
  return require('tls').connect({ host: endpoint.host, port: endpoint.port, cert: tls.cert, key: tls.key })
}
