/** The record that says why. */
import type { Code } from './bytes.js'
import type { Cause } from './types.js'

/** What it is about, the number and its limit, the server's reason code. Returns `code`, so that callers can pass it on. */
export function fill(cause: Cause, code: Code, detail?: string, value?: number, limit?: number, reason?: number): Code {
  cause.code = code
  cause.detail = detail === undefined ? '' : detail
  cause.value = value === undefined ? 0 : value
  cause.limit = limit === undefined ? 0 : limit
  cause.reason = reason === undefined ? 0 : reason
  return code
}
