/**
 * The English texts: one sentence for each code, and the words of MQTT's own codes. How a template is read stands in
 * explain.ts; what the numbers of each code mean, in docs/codes.md.
 *
 * They are functions and not tables, because code stays in flash on a board and a table is built in memory.
 */
import { LinkCode } from '../hal/hal.js'
import type { Code } from '../hal/hal.js'
import { ErrorCode } from './codes.js'

/** The texts of one language. */
export interface Texts {
  /** The template for a code, "" for one that is not in the list. */
  sentence: (this: void, code: Code) => string
  /** The words for an MQTT 5.0 reason code. */
  reason: (this: void, reason: number) => string
  /** The words for a CONNACK return code of 3.1 and 3.1.1. */
  returnCode: (this: void, code: number) => string
  /** Takes the place of BadKeepalive's sentence when the number looks like milliseconds. */
  milliseconds: string
  /** For a code that is not in the list. */
  unknown: string
}

function configuration(code: Code): string {
  switch (code) {
    case ErrorCode.HalMissing:
      return 'The port is incomplete[: it has no {detail}]. ~Implement it as docs/hal.md says, or take a port that has it.'
    case ErrorCode.HalVersion:
      return 'The port is written for HAL version {value}, and this client for version {limit}. ~Use a port and a client of one release.'
    case ErrorCode.NoServer:
      return 'No server is named. ~Put at least one into the option servers, with its host and port.'
    case ErrorCode.BadServer:
      return 'A server in the list cannot be used[: {detail}][, port {value}]. ~Give a host name or an address, and a port from 1 to 65535.'
    case ErrorCode.BadProtocolVersion:
      return 'There is no protocolVersion {value}. ~Use 3 for MQTT 3.1, 4 for 3.1.1 or 5 for 5.0.'
    case ErrorCode.BadClientId:
      return 'The client id cannot be used[: it has {value} bytes][, and {limit} are allowed]. ~Use a text within the limit; if it is MQTT 3.1 and your server takes more than 23, set longClientId.'
    case ErrorCode.ClientIdNeeded:
      return 'The client id is empty, which 3.1 forbids and 3.1.1 allows only with clean: true. ~Set clientId, or leave it out so that the id of the device is taken.'
    case ErrorCode.PasswordWithoutUsername:
      return 'There is a password and no user name, which only MQTT 5.0 allows. ~Set username too.'
    case ErrorCode.BadKeepalive:
      return 'A keepalive of {value} seconds is not accepted; the limit is {limit}. ~Take 120 if nothing speaks against it; 0 turns it off, and force allows up to 65535.'
    case ErrorCode.BadTime:
      return 'A time[, {detail},] is {value} ms, and at most {limit} ms is possible. ~Give a whole number of milliseconds in that range.'
    case ErrorCode.BadLimits:
      return 'A limit[, {detail},] cannot be {value}[; the bound is {limit}]. ~docs/limits.md lists the range of each.'
    case ErrorCode.BadWill:
      return 'The will cannot be used[ because of {detail}][ ({value})]. ~It needs a topic without + and #, at most 65535 bytes of payload, and QoS 0, 1 or 2.'
    case ErrorCode.BadTopic:
      return 'One cannot publish to the topic "{detail}". ~A topic has 1 to 65535 bytes, no + and no #.'
    case ErrorCode.BadFilter:
      return '"{detail}" is not a topic filter. ~The # stands alone as the last level, the + alone in a level: home/+/light, home/#.'
    case ErrorCode.BadQos:
      return 'There is no QoS {value}. ~Use 0, 1 or 2.'
    case ErrorCode.QosUnsupported:
      return 'QoS {value} was asked for, and {limit} is the highest[ ({detail})]. ~Use a lower QoS: the bound is the server\'s, or that of the build.'
    case ErrorCode.V5Only:
      return 'What was asked for[ ({detail})] exists in MQTT 5.0 only[, and protocolVersion is {value}]. ~Set protocolVersion: 5, or leave it out.'
    case ErrorCode.BadProperty:
      return 'A property[, {detail},] is wrong here[: {value}][, the limit is {limit}]. ~Check its range, and whether this packet may carry it (MQTT 5.0, section 2.2.2).'
    case ErrorCode.BadUtf8:
      return 'A text[, {detail},] is not well-formed UTF-8, or contains U+0000. ~Send binary data as payload, never as topic, name or id.'
    case ErrorCode.BadPayload:
      return 'What was given as bytes[ ({detail})] is no byte string. ~Make the bytes of a text with utf8().'
    case ErrorCode.BadOption:
      return 'An option[, {detail},] has a value that it cannot have[: {value}]. ~docs/options.md lists what it takes.'
    case ErrorCode.CredentialsFailed:
      return 'The credentials callback gave up with {value}, so no CONNECT was sent. ~Look there; the next attempt asks it again.'
    case ErrorCode.FeatureMissing:
      return 'This build does not contain what was asked for[: {detail}][, {value}]. ~Build with a larger profile (standard, full), or switch the feature on.'
    case ErrorCode.RetainUnavailable:
      return 'The server keeps no retained messages. ~Publish without retain.'
    case ErrorCode.WildcardUnavailable:
      return 'The server takes no wildcards, and "{detail}" has one. ~Subscribe to each topic by its full name.'
    case ErrorCode.SharedUnavailable:
      return 'The server has no shared subscriptions, so "{detail}" is not possible. ~Subscribe without $share.'
    case ErrorCode.SubscriptionIdUnavailable:
      return 'The server takes no subscription identifiers[, and "{detail}" has one]. ~Leave subscriptionIdentifier out.'
    case ErrorCode.OffloadUnsupported:
      return 'The MQTT inside the modem cannot do what was asked[: {detail}][, {value} asked for][, {limit} possible]. ~Stay within hal.offload.capabilities(), or take the modem\'s TCP links, over which the client speaks MQTT itself.'
  }
  return ''
}

function use(code: Code): string {
  switch (code) {
    case ErrorCode.NotStarted:
      return 'The client is not started. ~Call connect() first.'
    case ErrorCode.Destroyed:
      return 'The client was destroyed. ~Create a new one.'
    case ErrorCode.Reentrant:
      return 'yield() or receive() was called inside a callback, which cannot wait. ~Return from the callback; publish and subscribe are fine there.'
    case ErrorCode.Disconnecting:
      return 'disconnect() is under way, so nothing new is taken. ~Wait for the link state offline, then connect() again.'
    case ErrorCode.NotSubscribed:
      return 'There is no subscription "{detail}". ~Unsubscribe with the very filter that was subscribed.'
    case ErrorCode.WillNeedsV5:
      return 'Only MQTT 5.0 can leave and have the will sent. ~Use abort(), which closes without DISCONNECT, or protocolVersion: 5.'
    case ErrorCode.Stopped:
      return 'The program was asked to end, so waiting stopped. ~Leave the loop, and call disconnect() or destroy().'
    case ErrorCode.CannotWait:
      return 'This port cannot wait: its sockets move only while no program runs. ~Use run(client, period, fn) instead of a loop around yield().'
    case ErrorCode.CallbackThrew:
      return 'A callback threw an error[ for "{detail}"][; it is the {value}. one]. The link stays up. ~Find the error in the callback: a wrong payload in JSON is the usual one.'
  }
  return ''
}

function bounds(code: Code): string {
  switch (code) {
    case ErrorCode.PacketTooLarge:
      return 'A packet[ of {value} bytes] is too large: {limit} bytes may be sent[ ({detail})]. ~Send less at a time, raise limits.packetOut, or use publishStream.'
    case ErrorCode.ServerPacketLimit:
      return 'The packet would have {value} bytes, and the server takes {limit} at most. ~Send less at a time.'
    case ErrorCode.QueueFull:
      return 'The outbox holds {value} messages, its limit is {limit}. ~Publish less often, raise limits.outboxCount, or choose another whenFull.'
    case ErrorCode.QueueBytes:
      return 'The outbox would hold {value} bytes, its limit is {limit}. ~Publish less often, raise limits.outboxBytes, or choose another whenFull.'
    case ErrorCode.TooManySubscriptions:
      return 'There are {value} subscriptions, and limits.subscriptions is {limit}[, so "{detail}" was refused]. ~Raise the limit, or join filters with a wildcard.'
    case ErrorCode.ReceiveSetFull:
      return 'The server began more than {limit} QoS 2 messages without finishing one; the link was closed. ~Look at the server: it must answer PUBREC with PUBREL.'
    case ErrorCode.NoPacketId:
      return 'No packet id is free: {value} requests wait for an answer. ~Wait for receipts before sending more.'
    case ErrorCode.MessageTooLarge:
      return 'A message of {value} bytes is not possible, the limit is {limit}. ~Split it.'
    case ErrorCode.InboxFull:
      return 'The receive cache is full: {value}, the limit is {limit}. A message was lost. ~Call receive() more often, or raise limits.inboxCount and limits.inboxBytes.'
    case ErrorCode.StreamFailed:
      return 'The stream[ for "{detail}"] broke off after {value} of {limit} bytes. ~The read function must give the bytes it promised, and onStream must not return below 0 unless it wants to stop.'
    case ErrorCode.Expired:
      return 'The message[ for "{detail}"] waited longer than its deadline[ of {limit} ms]. ~Allow more time, or see why the link was down.'
    case ErrorCode.Superseded:
      return 'A newer message[ of "{detail}"] took this one\'s place before it was sent. ~Nothing to do: keep-latest works so.'
    case ErrorCode.JournalFull:
      return 'The journal has no room[: {detail}], {value} of {limit}. ~Take receipts in slices, send shorter messages, or lower limits.outboxCount to what the store can hold.'
    case ErrorCode.JournalFailed:
      return 'The journal[ ({detail})] could not be written or read: {value}, {limit}. ~With the name of a key: check that the store is not full or worn out. With version: a newer program wrote it; update this one, or give journal another name.'
    case ErrorCode.JournalDamaged:
      return 'The journal had {value} damaged values; {limit} accepted messages were lost with them. ~One value and no message is a power cut in the middle of a write. More than that: check the store.'
  }
  return ''
}

function link(code: Code): string {
  switch (code) {
    case LinkCode.Closed:
      return 'The connection[ to {detail}] was closed in order. ~If the other side did it, its log knows why.'
    case LinkCode.Reset:
      return 'The connection[ to {detail}] was reset by the other side. ~A server that restarted, a firewall, or a network that forgot an idle link; in the last case a shorter keepalive helps.'
    case LinkCode.DnsFailed:
      return 'The server\'s name[, {detail},] could not be resolved. ~Check the spelling, then the DNS server; try the address instead of the name.'
    case LinkCode.TcpRefused:
      return 'Nobody listens[ at {detail}]: the connection was refused. ~Check the port (1883 plain, 8883 with TLS) and whether the server runs.'
    case LinkCode.TcpTimeout:
      return 'Nothing came back[ from {detail}][ within {value} ms]. ~Check the address and the network; a firewall or a restricted SIM swallows packets like this.'
    case LinkCode.TcpFailed:
      return 'There is no way to the server[ {detail}]. ~Check that the device has an address and a route, and try the same server from a PC.'
    case LinkCode.TlsFailed:
      return 'The TLS handshake[ with {detail}] failed. ~Check that the port speaks TLS, that both sides share a version and a cipher suite, and that memory suffices.'
    case LinkCode.TlsCertificate:
      return 'The server\'s certificate[ ({detail})] was not accepted. ~Check the CA, the name in the certificate and the clock of the device: a wrong time makes every certificate invalid.'
    case LinkCode.Unsupported:
      return 'This port cannot do what the server[ {detail}] asks for (TLS or WebSocket). ~Use a plain port, or a board that can.'
    case LinkCode.NoSocket:
      return 'No socket is free. ~Close others, and check that none is left over from before.'
    case LinkCode.AtFailed:
      return 'The modem\'s AT layer failed[ on the way to {detail}]. ~Check the serial line and the power supply, then the SIM.'
    case LinkCode.UpgradeFailed:
      return 'The WebSocket or proxy handshake[ with {detail}] failed. ~Check the path and that the server offers the protocol mqtt.'
    case LinkCode.StorageFailed:
      return 'The store of this device refused[ {detail}]. ~Check that it is not full, and that the program may write there.'
  }
  return ''
}

function server(code: Code): string {
  switch (code) {
    case ErrorCode.ConnectTimeout:
      return 'Not connected after {value} ms, the limit is {limit}[; it stands at {detail}]. ~Check that an MQTT server listens there (TLS on the TLS port), or raise connectTimeout.'
    case ErrorCode.ConnectRefused:
      return 'The server[ {detail}] refused the connection[: {reason}]. ~Check protocolVersion, clientId, username and password; further attempts come slowly.'
    case ErrorCode.PingTimeout:
      return 'No answer to a ping for {value} ms, the limit is {limit}[ ({detail})]; the link was dead and has been closed. ~Weak signal, a network that cuts idle links (try a shorter keepalive), or a server that hangs.'
    case ErrorCode.AckTimeout:
      return 'The server confirmed no publish for {value} ms, the limit is {limit}[ (packet of "{detail}")]. ~Reconnecting sends them again; if it repeats, look at the server.'
    case ErrorCode.RequestTimeout:
      return 'No answer to the subscription request[ for "{detail}"] within {limit} ms. ~Raise requestTimeout on slow links, and call yield() instead of sleeping.'
    case ErrorCode.ClosedByServer:
      return 'The server[ {detail}] closed the connection without a reason[, after {value} ms]. ~See its log: a forbidden topic, a second client with this id and a restart look like this.'
    case ErrorCode.ServerDisconnected:
      return 'The server said goodbye[: {reason}][, "{detail}"]. ~The reason names what it did not like; docs/codes.md lists them.'
    case ErrorCode.Malformed:
      return 'The server sent a packet[ ({value})] that is not well formed[: {detail}]. ~Check that it is an MQTT server of this protocol version; a line that garbles bytes looks the same.'
    case ErrorCode.ProtocolError:
      return 'The server sent a packet[ of type {value}] that breaks the protocol[: {detail}][, {reason}]. ~Check its version; if it is current, report it to its makers.'
    case ErrorCode.NotMqtt:
      return 'What answers[ at {detail}] is not an MQTT server[ (its first byte is {value})]. ~Check host and port: a web server, or TLS on a plain connection, answers so.'
    case ErrorCode.TxBlocked:
      return '{value} bytes wait to be sent, and the network took none for {limit} ms. ~The other side does not acknowledge: weak uplink, or a server that stopped reading.'
    case ErrorCode.SessionLost:
      return 'The server no longer had our session[; {value} unfinished messages]. ~Unfinished QoS 1 goes out again, QoS 2 as onSessionLost says; check how long the server keeps sessions.'
    case ErrorCode.NoAck:
      return 'The server never confirmed this message, although it answers pings. ~Check that it knows this QoS.'
    case ErrorCode.Poison:
      return 'The server closed the link again and again over the same message, so it was given up. ~Check its size, its topic and the permission to publish there.'
    case ErrorCode.SubscribeRefused:
      return 'The server refused the subscription "{detail}"[: {reason}]. ~Check the permission to subscribe; permission to publish is another one.'
    case ErrorCode.UnsubscribeRefused:
      return 'The server refused to end the subscription "{detail}"[: {reason}]. ~Nothing is lost: it is no longer restored after a reconnect.'
    case ErrorCode.PublishRefused:
      return 'The server refused the message[ for "{detail}"][: {reason}]. ~Check the permission to publish and the server\'s limits.'
    case ErrorCode.AuthFailed:
      return 'The authentication exchange[ {detail}] failed[: {reason}]. ~Check method, key and clock on both sides.'
    case ErrorCode.InboundTooLarge:
      return 'The server sent {value} bytes in one message[ of "{detail}"], and {limit} may be taken. It was skipped; if 5.0 had announced the bound, the link was closed. ~Raise limits.packetIn, or take large messages in pieces with onStream and limits.streamMax.'
    case ErrorCode.ClientIdConflict:
      return 'Another client seems to use the id[ "{detail}"]: the link was taken over {value} times. ~Give each device an id of its own; attempts now come at most every 10 minutes.'
    case ErrorCode.SessionAmnesia:
      return 'The server kept a session from before this start, and the device kept nothing. ~Nothing to do; a QoS 2 message may come twice.'
    case ErrorCode.ServerMoved:
      return 'The server sends us elsewhere[: {detail}][ {reason}]. ~Enter the new server, or set followServerReference if you trust it with your credentials.'
    case ErrorCode.KeepaliveOff:
      return 'Connected without a keepalive: a link that dies silently is not noticed before the next message. ~Set keepalive to 120 unless the network is watched by other means.'
    case ErrorCode.Quarantined:
      return 'The server closed the link {value} times over the subscription "{detail}", so it is left out for {limit} s. ~Ask for permission to hear it, or unsubscribe; subscribing again tries at once.'
    case ErrorCode.DropRateHigh:
      return 'The link works, and it dropped {value} times within an hour; more than {limit} is not usual. ~Look at antenna, place and power, then at what closes it: the cause of each drop is told by onLink.'
  }
  return ''
}

function ourselves(code: Code): string {
  switch (code) {
    case ErrorCode.Disconnected:
      return 'The program called disconnect(). ~Nothing to do; connect() starts again.'
    case ErrorCode.Aborted:
      return 'The program called abort(): the connection was closed without DISCONNECT, so the server sends the will. ~Nothing to do; connect() starts again.'
    case ErrorCode.NetworkDown:
      return 'The network is not ready[: {detail}]. ~The client waits for it; check the antenna, the SIM or the Wi-Fi password.'
    case 0:
      return 'Nothing went wrong.'
  }
  return ''
}

function sentence(code: Code): string {
  if (code > ErrorCode.NotStarted) {
    if (code < 0) return configuration(code)
    return ourselves(code)
  }
  if (code > ErrorCode.PacketTooLarge) return use(code)
  if (code > LinkCode.Closed) return bounds(code)
  if (code > ErrorCode.ConnectTimeout) return link(code)
  if (code > ErrorCode.Disconnected) return server(code)
  return ourselves(code)
}

function reason(n: number): string {
  switch (n) {
    case 0x00: return 'success'
    case 0x01: return 'granted QoS 1'
    case 0x02: return 'granted QoS 2'
    case 0x04: return 'disconnect with will message'
    case 0x10: return 'no matching subscribers'
    case 0x11: return 'no subscription existed'
    case 0x18: return 'continue authentication'
    case 0x19: return 're-authenticate'
    case 0x80: return 'unspecified error'
    case 0x81: return 'malformed packet'
    case 0x82: return 'protocol error'
    case 0x83: return 'implementation specific error'
    case 0x84: return 'unsupported protocol version'
    case 0x85: return 'client identifier not valid'
    case 0x86: return 'bad user name or password'
    case 0x87: return 'not authorized'
    case 0x88: return 'server unavailable'
    case 0x89: return 'server busy'
    case 0x8a: return 'banned'
    case 0x8b: return 'server shutting down'
    case 0x8c: return 'bad authentication method'
    case 0x8d: return 'keep alive timeout'
    case 0x8e: return 'session taken over'
    case 0x8f: return 'topic filter invalid'
    case 0x90: return 'topic name invalid'
    case 0x91: return 'packet identifier in use'
    case 0x92: return 'packet identifier not found'
    case 0x93: return 'receive maximum exceeded'
    case 0x94: return 'topic alias invalid'
    case 0x95: return 'packet too large'
    case 0x96: return 'message rate too high'
    case 0x97: return 'quota exceeded'
    case 0x98: return 'administrative action'
    case 0x99: return 'payload format invalid'
    case 0x9a: return 'retain not supported'
    case 0x9b: return 'QoS not supported'
    case 0x9c: return 'use another server'
    case 0x9d: return 'server moved'
    case 0x9e: return 'shared subscriptions not supported'
    case 0x9f: return 'connection rate exceeded'
    case 0xa0: return 'maximum connect time'
    case 0xa1: return 'subscription identifiers not supported'
    case 0xa2: return 'wildcard subscriptions not supported'
  }
  return 'a code that MQTT does not define'
}

function returnCode(code: number): string {
  switch (code) {
    case 0: return 'accepted'
    case 1: return 'the server does not speak this protocol version'
    case 2: return 'the server does not accept this client id'
    case 3: return 'the server is unavailable'
    case 4: return 'wrong user name or password'
    case 5: return 'not authorized'
  }
  return 'a code that MQTT does not define'
}

export const ENGLISH: Texts = {
  sentence,
  reason,
  returnCode,
  milliseconds: 'keepalive is in seconds, and {value} looks like milliseconds[; the limit is {limit}]. ~Did you mean {seconds}?',
  unknown: 'Code {code} is not in the list of this client. ~docs/codes.md has those of this version.'
}
