/**
 * What a board needs, from board.json to texts: the module for its Storage, and an application in one file or on top of
 * that module.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { CORE, MODULE, portFile, portName, sourcesOf } from './app.js'
import { flagsOfBoard, type Board } from './boards.js'
import { buildEspruino, type Bundle } from './espruino.js'
import { prepare } from './prepare.js'
import { BuildError } from './problem.js'
import { FEATURES, type Feature } from './profiles.js'
import { shown } from './root.js'

export interface BoardBuild {
  /** The core and the port, for `require("yieldmq")`. */
  module: Bundle
  /** Application, core and port in one; undefined without an application. */
  app: Bundle | undefined
  /** The application alone, on top of the module. */
  appModule: Bundle | undefined
  /** The port's folder where there is none yet: the module is the core alone. */
  missingPort: string | undefined
}

/** The features that the core of a board's profile asks for: to switch another one changes nothing. */
export function featuresOf(board: Board): Feature[] {
  const around = sourcesOf(board)
  const { sourceBytes } = prepare(around.module, flagsOfBoard(board), around)
  const found = new Set<string>()
  for (const file of sourceBytes.keys()) {
    for (const [name] of (around.texts.get(file) ?? readFileSync(file, 'utf8')).matchAll(/\bFEATURE_[A-Z0-9]+\b/g)) found.add(name)
  }
  return FEATURES.filter(name => found.has(name))
}

/** Builds the module for a board's Storage. */
export async function buildModule(board: Board, minify = true): Promise<Bundle> {
  const around = sourcesOf(board)
  const known = featuresOf(board)
  const problems = Object.keys(board.features).filter(name => !known.includes(name as Feature))
    .map(name => ({ file: 'features', line: 0, message: `${name}: the core of profile ${board.profile} knows no such feature (${known.join(', ') || 'none'})` }))
  if (problems.length > 0) throw new BuildError(problems)
  return buildEspruino({ entry: around.module, flags: flagsOfBoard(board), minify, around })
}

/** Builds all of it. Throws a BuildError with every problem. */
export async function buildBoard(board: Board, app?: string, minify = true): Promise<BoardBuild> {
  const entry = app === undefined ? undefined : path.resolve(app)
  if (entry !== undefined && !existsSync(entry)) throw new BuildError([{ file: shown(entry), line: 0, message: 'does not exist' }])
  const flags = flagsOfBoard(board)
  const around = sourcesOf(board)
  const missingPort = around.port === undefined ? board.port : undefined
  const module = await buildModule(board, minify)
  if (entry === undefined) return { module, app: undefined, appModule: undefined, missingPort }
  try {
    return {
      module,
      app: await buildEspruino({ entry, flags, minify, around, form: 'program' }),
      appModule: await buildEspruino({ entry, flags, minify, around, form: 'program', onBoard: { name: MODULE, files: around.onBoard } }),
      missingPort
    }
  } catch (error) {
    if (!(error instanceof BuildError) || missingPort === undefined) throw error
    const about = `${portName(board)} cannot be imported: there is no ${shown(portFile(board))} yet; ${CORE} can`
    throw new BuildError(error.problems.map(one => one.message.includes(`'${portName(board)}'`) ? { ...one, message: about } : one))
  }
}
