/** TLS as modules are told of it: a level, and names of files. */
import { LinkCode, type TlsOptions } from '../../hal.js'
import type { Modem } from './modem.js'

export interface TlsSetup {
  /** 0: the server is not checked. 1: it is. 2: and we identify ourselves. */
  readonly level: number
  /** Names of files, `` for none. */
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** `` for the host's own. */
  readonly servername: string
  readonly alpn?: string
}

export interface TlsResult {
  readonly tls: TlsOptions
  /** 0, or a `LinkCode`: a file that is needed is not there. */
  readonly refused: number
}

/** What the world's socket is opened with. */
export function tlsOptions(modem: Modem, setup: TlsSetup): TlsResult {
  const tls: TlsOptions = {}
  let refused = 0
  const file = (name: string, part: 'ca' | 'cert' | 'key'): void => {
    const bytes = modem.files.get(name)
    if (bytes === undefined) refused = LinkCode.TlsFailed
    else tls[part] = bytes
  }
  if (setup.level === 0) tls.insecureNoVerify = true
  else file(setup.ca, 'ca')
  if (setup.level >= 2) {
    file(setup.cert, 'cert')
    file(setup.key, 'key')
  }
  if (setup.servername !== '') tls.servername = setup.servername
  if (setup.alpn !== undefined && setup.alpn !== '') tls.alpn = setup.alpn
  return { tls, refused }
}
