/** Wrong on purpose: Espruino does not parse default values, and esbuild does not lower them at es2015. */
export function pick(qos = 1): number {
  return qos + 1
}
