/**
 * The profiles: which features a build contains. A feature is a global FEATURE_* constant (firmware/features.d.ts) that
 * every pipeline replaces by `true` or `false`, so that its dead branches and all that only they reach are dropped.
 */

/** Every flag of firmware/features.d.ts. A flag that is missing here is an error of the build, not a default. */
export const FEATURES = [
  'FEATURE_V31',
  'FEATURE_V5',
  'FEATURE_QOS2',
  'FEATURE_STREAM',
  'FEATURE_CACHE',
  'FEATURE_FAILOVER',
  'FEATURE_POLICIES',
  'FEATURE_CHECKS',
  'FEATURE_GOVERNOR',
  'FEATURE_STATS',
  'FEATURE_JOURNAL',
  'FEATURE_LEARN',
  'FEATURE_RECORDER',
  'FEATURE_TLS',
  'FEATURE_OFFLOAD',
  'FEATURE_KINDS',
  'FEATURE_WAIT',
  'FEATURE_WAKE'
] as const

export type Feature = (typeof FEATURES)[number]
export type Flags = Record<Feature, boolean>

export const PROFILES = ['tiny', 'standard', 'full'] as const
export type Profile = (typeof PROFILES)[number]

/** Features of some ports, which no profile contains. */
const OF_PORTS: readonly Feature[] = ['FEATURE_OFFLOAD']

/** What Node has besides its profile, and boards with an AT modem. */
export const NODE: Partial<Flags> = { FEATURE_OFFLOAD: true }
export const AT_MODEM: Partial<Flags> = { FEATURE_OFFLOAD: true }

const CONTENTS: Record<Profile, readonly Feature[]> = {
  tiny: ['FEATURE_KINDS', 'FEATURE_WAIT', 'FEATURE_WAKE'],
  standard: [
    'FEATURE_V31', 'FEATURE_QOS2', 'FEATURE_STREAM', 'FEATURE_CACHE', 'FEATURE_FAILOVER', 'FEATURE_POLICIES', 'FEATURE_CHECKS',
    'FEATURE_GOVERNOR', 'FEATURE_STATS', 'FEATURE_TLS', 'FEATURE_KINDS', 'FEATURE_WAIT', 'FEATURE_WAKE'
  ],
  full: FEATURES.filter(name => !OF_PORTS.includes(name))
}

/** The flags of a profile, some of them overridden (board.json may switch single features). */
export function flagsOf(profile: Profile, overrides: Partial<Flags> = {}): Flags {
  const flags = {} as Flags
  for (const name of FEATURES) flags[name] = overrides[name] ?? CONTENTS[profile].includes(name)
  return flags
}

/** Those of a program for Node as text, the form that esbuild's and vite's `define` take. */
export function defines(profile: Profile, overrides: Partial<Flags> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(flagsOf(profile, { ...NODE, ...overrides })).map(([name, on]) => [name, String(on)]))
}
