/** The first question: what addresses has the name? Asked of the operating system, as every program of this PC asks. */
import { lookup as osLookup } from 'node:dns/promises'
import net from 'node:net'
import type { CauseId } from './causes.js'
import type { Findings } from './report.js'
import { within } from './within.js'

/** All addresses, in the order in which they are to be tried. Rejects with an error that has a `code`. */
export type Lookup = (host: string) => Promise<{ address: string; family: number }[]>

const everyAddress: Lookup = (host) => osLookup(host, { all: true, verbatim: true })

/** Undefined: there is none, and the findings say why. */
export async function findAddresses(host: string, timeoutMs: number, findings: Findings, lookup: Lookup = everyAddress): Promise<{ addresses: string[]; ms: number } | undefined> {
  if (net.isIP(host) > 0) {
    findings.pass('dns', 0, `${host} is an address already`)
    return { addresses: [host], ms: 0 }
  }
  const start = performance.now()
  try {
    const found = await within(lookup(host), timeoutMs)
    const ms = performance.now() - start
    if (found !== undefined && found.length > 0) {
      const addresses = found.map(({ address }) => address)
      findings.pass('dns', ms, `${host} is ${addresses.join(', ')}`)
      return { addresses, ms }
    }
    if (found === undefined) findings.fail('dns', ms, 'dns-silent', `no answer for ${host} within ${timeoutMs} ms`)
    else findings.fail('dns', ms, 'dns-unknown', `${host} has no address`)
  } catch (error) {
    const { code = 'an error without a code' } = error as NodeJS.ErrnoException
    findings.fail('dns', performance.now() - start, causeOfLookup(code), `${host}: ${code}`)
  }
  return undefined
}

/** ENOTFOUND is the answer that there is none; all else (EAI_AGAIN, EAI_FAIL) is no answer. */
function causeOfLookup(code: string): CauseId {
  return code === 'ENOTFOUND' ? 'dns-unknown' : 'dns-failed'
}
