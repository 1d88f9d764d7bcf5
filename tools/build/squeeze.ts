/**
 * A last pass over a minified bundle, by terser: functions that are one expression stand where they are called, parameters that
 * nobody reads go, statements become expressions. On the interpreter that is about a twentieth of the variables, since a function
 * read from Storage takes five and each parameter one.
 *
 * What terser may do and Espruino does not bear is off: functions keep their places, because nothing is hoisted, and a function
 * with statements stays one, because in its place it would be made anew at each call.
 */
import { minify } from 'terser'
import { findFaults } from './espruino-check.js'

/** The smaller text; where Espruino would not run what terser made, the text as it was. `reserved`: names that nothing may be given. */
export async function squeeze(code: string, reserved: readonly string[]): Promise<string> {
  const { code: small = '' } = await minify(code, {
    ecma: 2015,
    toplevel: true,
    compress: { ecma: 2015, toplevel: true, passes: 3, inline: 1, reduce_funcs: false, keep_fargs: false, hoist_funs: false, arrows: false },
    mangle: { toplevel: true, reserved: [...reserved] },
    format: { ascii_only: true, ecma: 2015 }
  })
  return findFaults(small).length > findFaults(code).length ? code : small.replace(/;$/, '')
}
