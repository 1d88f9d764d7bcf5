/** Wrong on purpose: a flag that no profile knows. */
declare const FEATURE_TELEPATHY: boolean
export function pick(): number {
  return FEATURE_TELEPATHY ? 1 : 2
}
