/**
 * When a PINGREQ is due and how long its answer may take (MQTT 5.0 sections 3.1.2.10 and 3.12).
 *
 * It is due a margin before the keepalive ends, counted from the last packet sent or the last byte received, whichever is
 * earlier; the receive rule is waived while the port proves that all we sent has arrived. Once it is out, only received
 * bytes stop its deadline. So a link that died in any direction is noticed before one and a half keepalives.
 */
export interface Keepalive {
  /** ms after which a ping is due; 0 turns it off. */
  interval_: number
  /** ms that the answer may take. */
  timeout_: number
  sinceSent_: number
  sinceReceived_: number
  /** ms since the PINGREQ that is unanswered; -1 for none. */
  waiting_: number
}

/** ms: the longest margin, and the longest default time for the answer. */
const enum Most { Margin = 5000, Timeout = 20000, Age = 1073741824 }

export function newKeepalive(): Keepalive {
  return { interval_: 0, timeout_: 0, sinceSent_: 0, sinceReceived_: 0, waiting_: -1 }
}

/**
 * For an open session: `seconds` is the keepalive in force, `timeout` ms the user's, 0 for the default. The time since
 * CONNECT counts: the server measures from there, however late CONNACK came.
 */
export function startKeepalive(k: Keepalive, seconds: number, timeout: number): void {
  const whole = seconds * 1000
  let margin = (whole - whole % 10) / 10
  if (margin > Most.Margin) margin = Most.Margin
  k.interval_ = whole - margin
  let most = whole / 2
  if (most > Most.Timeout || seconds === 0) most = Most.Timeout
  k.timeout_ = timeout > 0 ? timeout : most
  k.sinceReceived_ = 0
  k.waiting_ = -1
}

/** `passed` ms went by. */
export function ageKeepalive(k: Keepalive, passed: number): void {
  k.sinceSent_ = k.sinceSent_ + passed
  k.sinceReceived_ = k.sinceReceived_ + passed
  // Where nothing comes back for weeks the number must stay one of 32 bits.
  if (k.sinceReceived_ > Most.Age) k.sinceReceived_ = Most.Age
  if (k.waiting_ >= 0) k.waiting_ = k.waiting_ + passed
}

/** Whether a PINGREQ is due. `arrived`: the port proves that the peer has all we sent. */
export function isPingDue(k: Keepalive, arrived: boolean): boolean {
  if (k.interval_ === 0 || k.waiting_ >= 0) return false
  return k.sinceSent_ >= k.interval_ || !arrived && k.sinceReceived_ >= k.interval_
}

export function isPingOverdue(k: Keepalive): boolean {
  return k.waiting_ >= k.timeout_
}

/** ms until one of the two; -1 for never. Early is harmless. */
export function nextPing(k: Keepalive, arrived: boolean): number {
  if (k.waiting_ >= 0) return k.timeout_ - k.waiting_
  if (k.interval_ === 0) return -1
  const idle = !arrived && k.sinceReceived_ > k.sinceSent_ ? k.sinceReceived_ : k.sinceSent_
  return idle < k.interval_ ? k.interval_ - idle : 0
}
