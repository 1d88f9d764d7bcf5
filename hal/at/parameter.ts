/** What stands for `%x` in a family's commands, and which steps `{x}` leaves out. */
import { at, b1, b2, cat, EMPTY, find, type Bytes } from '../../firmware/bytes.js'
import type { Modem } from './state.js'

const enum Char { Space = 32, Quote = 34, Comma = 44, Backslash = 92 }

const NONE = { ca: EMPTY, cert: EMPTY, key: EMPTY, insecureNoVerify: false }

/** Zeros: no text, no command, and no packet of MQTT begins with them. */
function zeros(n: number): Bytes {
  let out = '\0' as Bytes
  while (out.length < n) out = cat(out, out)
  return out.substring(0, n) as Bytes
}

function text(value: string | number | undefined): Bytes {
  return (value === undefined ? '' : '' + value) as Bytes
}

/** As it stands between quotes. */
function quoted(modem: Modem, value: string | undefined): Bytes {
  const all = text(value)
  let out = EMPTY
  for (let i = 0; i < all.length; i = i + 1) {
    const c = at(all, i)
    out = modem.family_.escapes && (c === Char.Quote || c === Char.Comma || c === Char.Backslash) ? cat(out, b2(Char.Backslash, c)) : cat(out, b1(c))
  }
  return out
}

/** True when the options can be written into commands. */
export function canWrite(this: void, modem: Modem): boolean {
  const options = modem.options_
  let all = cat(text(options.apn), text(options.user), text(options.password))
  if (options.dns !== undefined) {
    for (const server of options.dns) all = cat(all, text(server))
  }
  for (let i = 0; i < all.length; i = i + 1) {
    const c = at(all, i)
    if (c < Char.Space || c === Char.Quote && !modem.family_.escapes) return false
  }
  return true
}

/** What begins with a certificate, or needs one. */
function ofTls(modem: Modem, name: string): Bytes {
  const tls = modem.tls_ !== undefined ? modem.tls_ : NONE
  switch (name) {
    case 'A': return tls.ca !== undefined ? tls.ca : EMPTY
    case 'C': return tls.cert !== undefined ? tls.cert : EMPTY
    case 'K': return tls.key !== undefined ? tls.key : EMPTY
    // Their lengths.
    case '1': return text(ofTls(modem, 'A').length)
    case '2': return text(ofTls(modem, 'C').length)
    case '3': return text(ofTls(modem, 'K').length)
    // The name that the certificate is checked for.
    default: return text(modem.tls_ !== undefined && modem.tls_.servername !== undefined ? modem.tls_.servername : modem.link_!.endpoint_.host)
  }
}

/** Parameter `name`, a character. */
export function parameter(this: void, modem: Modem, name: number): Bytes {
  const link = modem.link_
  const options = modem.options_
  const letter = String.fromCharCode(name)
  if (FEATURE_TLS && find('ACK123s' as Bytes, letter as Bytes, 0) >= 0) return ofTls(modem, letter)
  switch (letter) {
    // Those of links come first: they are asked for with every packet.
    case 'n': return text(link!.n_)
    // Bytes to send, or to read.
    case 'l': return text(modem.asked_)
    case 'b': return link!.out_.substring(0, link!.flying_) as Bytes
    case 'h': return text(link!.address_)
    case 'p': return text(link!.endpoint_.port)
    case 'a': return quoted(modem, options.apn)
    case 'u': return quoted(modem, options.user)
    case 'w': return quoted(modem, options.password)
    // The first DNS server, the second.
    case 'd': return text(options.dns === undefined ? '223.5.5.5' : options.dns[0])
    case 'D': return text(options.dns === undefined ? '119.29.29.29' : options.dns.length > 1 ? options.dns[1] : options.dns[0])
    case '0': return zeros(modem.asked_)
    default: return FEATURE_OFFLOAD && modem.plug_ !== undefined ? modem.plug_.parameter_(modem, name) : EMPTY
  }
}

function holdsTls(modem: Modem, name: string): boolean {
  const tls = modem.tls_ !== undefined ? modem.tls_ : NONE
  const isMutual = tls.cert !== undefined && tls.cert.length > 0
  switch (name) {
    // A certificate to check the server's with; nothing is checked; one of our own; both are checked; something is; only the server's.
    case 'A': return tls.ca !== undefined && tls.ca.length > 0
    case 'i': return tls.insecureNoVerify === true
    case 'c': return isMutual
    case 'm': return isMutual && tls.insecureNoVerify !== true
    case 'v': return tls.insecureNoVerify !== true
    default: return !isMutual && tls.insecureNoVerify !== true
  }
}

/** Whether a step with the condition `{name}` is run. */
export function holds(this: void, modem: Modem, name: number): boolean {
  const options = modem.options_
  const letter = String.fromCharCode(name)
  if (FEATURE_TLS && find('Aicmvo' as Bytes, letter as Bytes, 0) >= 0) return holdsTls(modem, letter)
  switch (letter) {
    // An access point name is given; it is not; a user is.
    case 'a': return options.apn !== undefined
    case 'n': return options.apn === undefined
    case 'u': return options.user !== undefined
    default: return FEATURE_OFFLOAD && modem.plug_ !== undefined && modem.plug_.parameter_(modem, name).length > 0
  }
}
