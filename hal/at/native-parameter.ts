/** What stands for `%x` in the commands of native MQTT, and which of its steps `{x}` leaves out. Those of TLS are parameter.ts's. */
import { EMPTY, type Bytes } from '../../firmware/bytes.js'
import { escapeText } from './native-escape.js'
import type { Native } from './native-state.js'

function text(value: string | number): Bytes {
  return ('' + value) as Bytes
}

/** "1" when it holds, "" when not: for conditions. */
function flag(holds: boolean): Bytes {
  return (holds ? '1' : '') as Bytes
}

/** Parameter `name`, a character. */
export function parameterOf(this: void, native: Native, name: number): Bytes {
  const session = native.session_
  const c = native.connect_
  if (session === undefined) return EMPTY
  const tls = session.endpoint_.tls
  const letter = String.fromCharCode(name)
  switch (letter) {
    case 'H': return text(session.endpoint_.host)
    case 'P': return text(session.endpoint_.port)
    // Over TLS: the name that the certificate is checked for; not over TLS; as a number.
    case 'S': return tls === undefined ? EMPTY : text(tls.servername === undefined ? session.endpoint_.host : tls.servername)
    case 'B': return flag(tls === undefined)
    case '9': return text(tls === undefined ? 0 : 1)
    // The publish or the filter: topic, payload and their lengths, as a text; payload or none, QoS 0 or above.
    case 't': return native.topic_
    case 'j': return text(native.topic_.length)
    case 'y': return native.payload_
    case 'L': return text(native.payload_.length)
    case 'x': return escapeText(native.payload_)
    case 'z': return flag(native.payload_.length === 0)
    // What ends data without a length.
    case 'Z': return '\x1a' as Bytes
    case 'q': return text(native.qos_)
    case 'f': return flag(native.qos_ === 0)
    case 'F': return flag(native.qos_ > 0)
    case 'r': return text(native.isRetained_ ? 1 : 0)
    case 'm': return text(native.id_)
    // The slot to be fetched; whether the module keeps messages.
    case 'Y': return text(native.slot_)
    case 'g': return text(native.options_.cache === true ? 1 : 0)
    default: break
  }
  if (c === undefined) return EMPTY
  switch (letter) {
    case 'I': return c.clientId_
    case '4': return text(c.clientId_.length)
    // User name and password: there, or not.
    case 'U': return c.username_ === undefined ? EMPTY : c.username_
    case '5': return text(c.username_ === undefined ? 0 : c.username_.length)
    case 'N': return flag(c.username_ === undefined || c.username_.length === 0)
    case 'W': return c.password_
    case '6': return text(c.password_.length)
    // The will: there, or not; topic, payload, as a text, lengths, QoS, RETAIN.
    case 'T': return c.willTopic_ === undefined ? EMPTY : c.willTopic_
    case 'X': return flag(c.willTopic_ === undefined)
    case '7': return text(c.willTopic_ === undefined ? 0 : c.willTopic_.length)
    case 'M': return c.willPayload_
    case 'O': return escapeText(c.willPayload_)
    case '8': return text(c.willPayload_.length)
    case 'Q': return text(c.willQos_)
    case 'R': return text(c.isWillRetained_ ? 1 : 0)
    // s; clean, and its opposite; 3 or 4.
    case 'k': return text(c.keepalive_ > 300 && native.options_.longKeepalive === true ? c.keepalive_ + ',1' : c.keepalive_)
    case 'e': return text(c.isClean_ ? 1 : 0)
    case 'E': return text(c.isClean_ ? 0 : 1)
    case 'V': return text(c.version_)
    default: return EMPTY
  }
}
