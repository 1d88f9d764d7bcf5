/** What all cellular families have of 3GPP 27.007: from the SIM to the attach, and its signal. */
import { Event } from './family.js'
import { Trouble } from './ladder.js'

/** After a start: no echo, numbers for errors, the cause of a refused registration, the IMEI. */
export const CELLULAR_SETUP = '#' + Trouble.Desync + ' 30 modem-setup\nATE0\nAT+CMEE=1\nAT+CEREG=3|*\nAT+CGSN|?%i|*\n'

const SIM = '#' + Trouble.SimProblem + ' 15 sim-failure\n' +
  'AT+CPIN?|?+CPIN:%_READY|!sim-missing:+CME ERROR:%_10|!sim-locked:+CME ERROR:%_11|!sim-locked:+CME ERROR:%_12|!sim-failure:+CME ERROR:%_13|!sim-busy:+CME ERROR:%_14|' +
  '!sim-failure:+CME ERROR:%_15|!sim-missing:+CPIN:%_SIM REMOVED|!sim-missing:+CPIN:%_NOT INSERTED|!sim-locked:+CPIN:%_SIM P%*\n'

/** Its two good states: at home, and roaming. */
function registered(name: string): string {
  return '|?+' + name + ':%_%x,1|?+' + name + ':%_%x,1,%*|?+' + name + ':%_%x,5|?+' + name + ':%_%x,5,%*'
}

/** A refusal, with its cause where the modem tells it. */
const DENIED = '|!registration-denied:+CEREG:%_%x,3,%t,%t,%t,%t,%e|!registration-denied:+CEREG:%_%x,3'

const SEARCH = '#' + Trouble.NotRegistered + ' 120 not-registered\nAT+CSQ|!no-signal:+CSQ:%_99,%x|*\nAT+COPS?|!only-2g:+COPS:%_%x,%x,%t,0|!only-2g:+COPS:%_%x,%x,%t,3|*\n'

const ATTACH = '#' + Trouble.NotAttached + ' 120 not-attached\nAT+CGATT?|?+CGATT:%_1\n'

/** LTE alone: registered with 2G only is the mark of an account in arrears. */
export function registerLte(this: void): string {
  return SIM + SEARCH + 'AT+CEREG?' + registered('CEREG') + DENIED + '\n' + ATTACH
}

/** Whatever there is of LTE, 3G and 2G. */
export function registerAny(this: void): string {
  return SIM + SEARCH + 'AT+CEREG?' + registered('CEREG') + DENIED + '|*|/\nAT+CGREG?' + registered('CGREG') + '|!registration-denied:+CGREG:%_%x,3%*\n' + ATTACH
}

/** Why no context comes up, where 2G or 3G let the subscriber in: LTE may have refused him. Arrears look like that. */
export const LTE_REFUSAL = 'AT+CEREG?' + DENIED + '|*\n'
/** 2G. */
export function registerGsm(this: void): string {
  return SIM + SEARCH + 'AT+CGREG?' + registered('CGREG') + '|!registration-denied:+CGREG:%_%x,3%*\n' + ATTACH
}

export const SIGNAL = 'AT+CSQ|?+CSQ:%_%e,%x'

/** Lines that come at any time. Where nothing is counted, those of no importance need no name. */
export const CELLULAR_ROWS: (string | number)[] = FEATURE_STATS ? [
  'RDY', Event.Reboot, '+CFUN:%*', Event.Nothing, '+CPIN:%*', Event.Nothing, '+CEREG:%*', Event.Nothing, '+CGREG:%*', Event.Nothing, '+CREG:%*', Event.Nothing, '+COPS:%*', Event.Nothing,
  '+CGEV:%_NW PDN DEACT%*', Event.BearerLost, '+CGEV:%_ME PDN DEACT%*', Event.BearerLost, '+CGEV:%_NW DETACH%*', Event.BearerLost, '+CGEV:%_ME DETACH%*', Event.BearerLost,
  '+CGEV:%*', Event.Nothing, 'SMS R%*', Event.Nothing, 'Call R%*', Event.Nothing, '+CSQ:%_%e,%x', Event.Signal, '+NITZ:%*', Event.Nothing, '^MODE:%*', Event.Nothing,
  '+E_UTRAN%*', Event.Nothing
] : [
  'RDY', Event.Reboot, '+CGEV:%_NW PDN DEACT%*', Event.BearerLost, '+CGEV:%_ME PDN DEACT%*', Event.BearerLost, '+CGEV:%_NW DETACH%*', Event.BearerLost,
  '+CGEV:%_ME DETACH%*', Event.BearerLost, '+CSQ:%_%e,%x', Event.Signal
]
