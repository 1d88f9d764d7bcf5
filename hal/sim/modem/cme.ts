/** The texts of `+CME ERROR` with AT+CMEE=2 (3GPP TS 27.007 section 9.2, and the makers' own). */

const TEXTS: Readonly<Record<number, string>> = {
  3: 'operation not allowed',
  4: 'operation not supported',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  15: 'SIM wrong',
  30: 'no network service',
  31: 'network timeout',
  32: 'network not allowed - emergency calls only',
  50: 'incorrect parameters',
  51: 'no memory',
  53: 'invalid parameters',
  58: 'invalid command line',
  100: 'unknown',
  103: 'illegal MS',
  106: 'illegal ME',
  107: 'GPRS services not allowed',
  111: 'PLMN not allowed',
  112: 'location area not allowed',
  113: 'roaming not allowed in this location area',
  132: 'service option not supported',
  133: 'requested service option not subscribed',
  134: 'service option temporarily out of order',
  148: 'unspecified GPRS error',
  149: 'PDP authentication failure',
  151: 'AT timeout',
  765: 'invalid input value',
  767: 'operation failed',
  770: 'SIM network reject',
  797: 'CFUN is 0 or 4',
  901: 'PDP not active',
  910: 'TCP rejected',
  911: 'TCP timeout',
  912: 'socket exists',
  913: 'no socket',
  914: 'buffer oversize',
  915: 'send timeout',
  916: 'DNS failure'
}

/** The text of an error; `unknown` where it has none. */
export function cmeText(code: number): string {
  return TEXTS[code] ?? 'unknown'
}
