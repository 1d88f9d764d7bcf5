/** Whether a certificate is the server's: LuaSec checks the chain and the dates, not the name. RFC 6125, section 6.4. */
import type { LuaString } from '../lua/lua.js'
import type { Certificate } from './library.js'

declare const string: LuaString

const enum Oid { SubjectAltName = '2.5.29.17' }

/** `*.example.org` stands for one label, and for the first alone. */
function fits(this: void, pattern: string, host: string): boolean {
  const name = string.lower(pattern)
  if (name === host) return true
  const rest = string.match(name, '^%*(%.[^*]+%.[^*]+)$')
  return rest !== undefined && string.match(host, '^[^.]+(%..+)$') === rest
}

function anyFits(this: void, names: string[] | undefined, host: string): boolean {
  if (names === undefined) return false
  for (const name of names) {
    if (fits(name, host)) return true
  }
  return false
}

/** The certificate names `host`, a name or an address; its common name counts only where it has no other. */
export function isFor(this: void, certificate: Certificate, host: string): boolean {
  const wanted = string.lower(host)
  const names = certificate.extensions()[Oid.SubjectAltName]
  if (names !== undefined) {
    const isAddress = string.match(wanted, '^[%d.]+$') !== undefined || string.match(wanted, ':') !== undefined
    return anyFits(isAddress ? names.iPAddress : names.dNSName, wanted)
  }
  for (const one of certificate.subject()) {
    if (one.name === 'commonName' && fits(one.value, wanted)) return true
  }
  return false
}
