/** What the module sees of the SIM, the cell and the access point. Tests change it while the module runs. */

export type SimState = 'ready' | 'missing' | 'pin' | 'puk' | 'busy' | 'failure'

export interface Radio {
  sim: SimState
  /** What CREG, CGREG and CEREG answer once the module is attached: 0 off, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming. */
  registration: number
  /** The EMM cause of a refusal (3GPP TS 24.301 Annex A), reported with CEREG=3; 0 for none. */
  rejectCause: number
  /** Access technology: 7 LTE, 0 GSM, 9 NB-IoT. */
  act: number
  /** 0 to 31, 99 unknown. */
  csq: number
  attached: boolean
  /** False: the network refuses the APN, and no context comes up. */
  apnAccepted: boolean
  dns: 'ok' | 'fail'
  /** The subscription is in arrears: 2G registers, 4G is denied, and no context comes up. */
  arrears: boolean
  operator: string
  /** The address a context gets. */
  address: string
  apn: string
  /** Wi-Fi (ESP): how joining ends. */
  wifi: 'ok' | 'no-ap' | 'wrong-password' | 'timeout'
  ssid: string
  rssi: number
}

export const DEFAULT_RADIO: Readonly<Radio> = {
  sim: 'ready',
  registration: 1,
  rejectCause: 0,
  act: 7,
  csq: 23,
  attached: true,
  apnAccepted: true,
  dns: 'ok',
  arrears: false,
  operator: 'CHINA MOBILE',
  address: '10.64.12.34',
  apn: 'cmnet',
  wifi: 'ok',
  ssid: 'home',
  rssi: -58
}

/** What an EMM refusal says where the subscription is in arrears and the test set no other cause: no service in this PLMN's LTE. */
const ARREARS_CAUSE = 15

/** Home or roaming. */
export function isRegistered(stat: number): boolean {
  return stat === 1 || stat === 5
}

/** True where a data context can come up. */
export function dataAllowed(radio: Radio): boolean {
  return radio.sim === 'ready' && radio.attached && radio.apnAccepted && !radio.arrears && isRegistered(radio.registration)
}

/** The registration that a query of the domain shows: `CREG`, `CGREG` or `CEREG`. */
export function registrationOf(radio: Radio, domain: string): number {
  if (radio.sim !== 'ready') return 0
  if (!radio.arrears) return radio.registration
  return domain === 'CEREG' ? 3 : 1
}

/** The cause of a refusal, 0 for none. */
export function causeOf(radio: Radio): number {
  return radio.arrears && radio.rejectCause === 0 ? ARREARS_CAUSE : radio.rejectCause
}
