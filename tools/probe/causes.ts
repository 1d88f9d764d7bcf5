/**
 * Why a probe fails: one id, one exit status and one advice for each cause. Scripts hold on to ids and numbers, so
 * neither ever changes its meaning; the tens are the step. docs/probe.md prints this table.
 */

/** Where to look: at the server, at what was given (the device needs the same correction), or between this PC and the server. */
export type Side = 'server' | 'settings' | 'way'

export interface CauseRow {
  exit: number
  side: Side
  /** What happened, in a few words. */
  what: string
  /** What to do about it: one sentence. */
  advice: string
}

const row = (exit: number, side: Side, what: string, advice: string): CauseRow => ({ exit, side, what, advice })

export const CAUSES = {
  'dns-unknown': row(10, 'settings', 'the name has no address', 'Check the spelling of the host, and that its record is public and not known to one network alone.'),
  'dns-failed': row(11, 'way', 'the resolver failed', 'Check the network and the DNS server of this PC, or give the address in place of the name.'),
  'dns-silent': row(12, 'way', 'the resolver did not answer in time', 'Check the network and the DNS server of this PC, or give the address in place of the name.'),
  'tcp-refused': row(20, 'server', 'nobody listens on the port', 'Check the port (1883 plain, 8883 with TLS), that the server runs, and that it listens on this address and not on localhost alone.'),
  'tcp-silent': row(21, 'way', 'nothing answers at the address', 'A firewall or a wrong address swallows packets like this: check the security group of the server, then try from another network.'),
  'tcp-unreachable': row(22, 'way', 'there is no route to the address', 'Check that this PC is online and that the address is one that can be reached from outside.'),
  'tls-none': row(30, 'settings', 'what answers does not speak TLS', 'Use mqtt:// with the plain port, or the port of the server that has TLS (8883 as a rule).'),
  'tls-untrusted': row(31, 'settings', 'no trusted CA vouches for the certificate', 'Give the CA that signed it with --ca, to the device as well; a server must also send its intermediate certificates.'),
  'tls-name': row(32, 'settings', 'the certificate is for another name', 'Use a name that the certificate lists, or --servername where the server is reached by another address.'),
  'tls-expired': row(33, 'server', 'the certificate has expired', 'Renew the certificate on the server, and check the clock of this PC.'),
  'tls-not-yet': row(34, 'server', 'the certificate is not valid yet', 'Check the clock of this PC, then that of whoever made the certificate.'),
  'tls-no-common': row(35, 'server', 'no TLS version or cipher suite in common', 'Let the server offer TLS 1.2 with ECDHE and AES-GCM, which most devices share, and check that its key fits its suites.'),
  'tls-closed': row(36, 'server', 'the connection ended in the handshake', 'As a rule the port does not speak TLS, or a proxy wants another --servername: see the log of the server.'),
  'tls-silent': row(37, 'settings', 'no answer to the TLS handshake', 'A plain MQTT port waits like this for more bytes: use mqtt://, or the port that has TLS.'),
  'tls-client-certificate': row(38, 'settings', 'the server does not accept our certificate, or wants one', 'Give --cert and --key that the CA of the server has signed.'),
  'tls-failed': row(39, 'server', 'the TLS handshake failed', 'See the log of the server; it names the other half of this failure.'),
  'connect-version': row(40, 'settings', 'the server does not speak this version of MQTT', 'Try --protocol 4 (3.1.1), which nearly every server speaks, and set protocolVersion of the device to it.'),
  'connect-id': row(41, 'settings', 'the server does not accept the client id', 'Give the id that the server expects with --client-id; clouds prescribe its form.'),
  'connect-unavailable': row(42, 'server', 'the server is unavailable or busy', 'Try again later, and see what the server lacks: its store, its licence, its quota of connections.'),
  'connect-credentials': row(43, 'settings', 'wrong user name or password', 'Check both, and that --password is what the device sends; clouds derive it from a key, the client id and the time.'),
  'connect-not-authorized': row(44, 'settings', 'this client may not connect', 'Check what the server allows this user name, client id and address; none at all may also be forbidden.'),
  'connect-refused': row(45, 'server', 'refused for another reason', 'The reason is that of the server: see its log.'),
  'connect-closed': row(46, 'server', 'closed without an answer to CONNECT', 'Servers do so to bad credentials, ids they dislike, and plain MQTT on a TLS port: see the log of the server.'),
  'connect-silent': row(47, 'server', 'no answer to CONNECT in time', 'Check that an MQTT server listens on this port, and whether it speaks TLS there (mqtts://); else it hangs.'),
  'connect-not-mqtt': row(48, 'settings', 'what answers is not MQTT', 'Check the port: web servers, and TLS ports asked without TLS (use mqtts://), answer so.'),
  'connect-failed': row(49, 'way', 'the connection broke before CONNACK', 'Repeat it; if it stays, something between this PC and the server cuts connections.'),
  'subscribe-refused': row(60, 'settings', 'the subscription was refused', 'Give a topic with --topic that this user may subscribe to; the permission to publish is another one.'),
  'subscribe-closed': row(61, 'settings', 'the connection ended over SUBSCRIBE', 'Some servers close in place of refusing: give a topic with --topic that this user may subscribe to.'),
  'subscribe-silent': row(62, 'server', 'no SUBACK in time', 'See the log of the server: it hangs, or what checks its permissions does.'),
  'echo-refused': row(70, 'settings', 'the message was refused', 'Give a topic with --topic that this user may publish to; the permission to subscribe is another one.'),
  'echo-closed': row(71, 'settings', 'the connection ended over PUBLISH', 'Some servers close in place of refusing: give a topic with --topic that this user may publish to.'),
  'echo-lost': row(72, 'settings', 'no message came back', 'Servers drop what may not be published without a word: give a topic with --topic that this user may publish and subscribe to.'),
  'disconnect-silent': row(80, 'server', 'the connection did not end in time', 'The server took no DISCONNECT: it hangs, or the way to it broke.')
} as const satisfies Record<string, CauseRow>

export type CauseId = keyof typeof CAUSES

/** Beyond the table: all well, and 2 for a mistake in what was asked for, as everywhere. 1 is left to failures of the program itself. */
export const ALL_WELL = 0

/** The table for `--help`, a line for each cause. */
export function exitTable(): string {
  const rows: [number, string, string][] = [[ALL_WELL, 'ok', 'all well, warnings included'], [2, '', 'a mistake in what was asked for']]
  for (const [id, { exit, what }] of Object.entries(CAUSES)) rows.push([exit, id, what])
  return rows.map(([exit, id, what]) => `  ${String(exit).padStart(2)}  ${id.padEnd(23)} ${what}`).join('\n')
}
