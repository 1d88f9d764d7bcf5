/**
 * Bundles that are kept between programs, in .cache/kept: a whole build takes seconds, and a run of the tests wants the same
 * few in many processes. What is kept is used only while every source file of the bundle, the build's own sources, the
 * packages and Node are the same, byte by byte. The pipelines' own check and tests take nothing from here: they build, and the
 * check keeps what it built.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Bundle } from './espruino.js'
import type { Flags } from './profiles.js'
import { ROOT, shown } from './root.js'

export interface KeptOptions {
  /** A path from the project's root. */
  entry: string
  flags: Flags
  minify?: boolean
}

export type Target = 'node' | 'espruino' | 'lua'

interface Kept { build: string; files: [string, string][]; bundle: Bundle }

const FOLDER = path.join(ROOT, '.cache/kept')

/** What every bundle depends on beside its own sources. */
const BUILD = ['tools/build', 'tools/lib-firmware', 'firmware/features.d.ts', 'package-lock.json']

const digest = (text: string | Buffer): string => createHash('sha256').update(text).digest('base64')

function filesOf(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place]
  return readdirSync(place, { withFileTypes: true, recursive: true }).filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name)).sort()
}

/** Written since this program began: what was built may be of the text before or after. */
function isYoung(file: string): boolean {
  return statSync(file).mtimeMs >= performance.timeOrigin
}

/** Undefined where nothing is kept: the build's sources are not there, as in an installed package, or one was just written. */
function buildDigest(): string | undefined {
  const places = BUILD.map((one) => path.join(ROOT, one))
  if (!places.every((one) => existsSync(one)) || places.flatMap(filesOf).some(isYoung)) return undefined
  return digest([process.version, ...places.flatMap(filesOf).map((file) => `${shown(file)} ${digest(readFileSync(file))}`)].join('\n'))
}

function readKept(file: string, build: string): Bundle | undefined {
  if (!existsSync(file)) return undefined
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept
  const same = kept.build === build && kept.files.every(([name, sum]) => existsSync(path.join(ROOT, name)) && digest(readFileSync(path.join(ROOT, name))) === sum)
  return same ? kept.bundle : undefined
}

async function buildNow(target: Target, options: KeptOptions): Promise<Bundle> {
  // The compilers are loaded only where they are needed: that alone takes a second.
  if (target === 'node') return (await import('./node.js')).bundleNode(options)
  if (target === 'espruino') return (await import('./espruino.js')).buildEspruino(options)
  return (await import('./lua.js')).buildLua(options)
}

function placeOf(target: Target, { entry, flags, minify = true }: KeptOptions): string {
  const name = digest(JSON.stringify([target, entry, Object.entries(flags).sort(), minify])).replace(/[^A-Za-z0-9]/g, '').slice(0, 24)
  return path.join(FOLDER, `${path.basename(entry, '.ts')}.${target}.${name}.json`)
}

/** Keeps a bundle that was just built of these options. */
export async function keep(target: Target, options: KeptOptions, bundle: Bundle): Promise<void> {
  const build = buildDigest()
  if (build === undefined) return
  const { prepare } = await import('./prepare.js')
  const sources = [...prepare(path.resolve(ROOT, options.entry), options.flags).sourceBytes.keys()]
  if (sources.some(isYoung)) return
  const kept: Kept = { build, files: sources.map((one) => [shown(one), digest(readFileSync(one))]), bundle }
  mkdirSync(FOLDER, { recursive: true })
  // Another process may write the same at this moment: a file appears whole.
  const file = placeOf(target, options)
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(kept))
  renameSync(`${file}.${process.pid}`, file)
}

/** The bundle that `buildEspruino`, `buildLua` or, with `minify: false` when absent, `bundleNode` makes of these options; throws what they throw. */
export async function keptBundle(target: Target, options: KeptOptions): Promise<Bundle> {
  const given = { ...options, minify: options.minify ?? target !== 'node' }
  const build = buildDigest()
  const last = build === undefined ? undefined : readKept(placeOf(target, given), build)
  if (last !== undefined) return last
  const bundle = await buildNow(target, given)
  await keep(target, given, bundle)
  return bundle
}
