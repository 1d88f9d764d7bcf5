/**
 * What a board needs, from board.json to texts: the module for its Storage, and an application in one file or on top of
 * that module.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { CORE, MODULE, PORT, portFile, sourcesOf } from './app.js'
import { flagsOfBoard, type Board } from './boards.js'
import { buildEspruino, type Bundle } from './espruino.js'
import { BuildError } from './problem.js'
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

/** Builds all of it. Throws a BuildError with every problem. */
export async function buildBoard(board: Board, app?: string, minify = true): Promise<BoardBuild> {
  const entry = app === undefined ? undefined : path.resolve(app)
  if (entry !== undefined && !existsSync(entry)) throw new BuildError([{ file: shown(entry), line: 0, message: 'does not exist' }])
  const flags = flagsOfBoard(board)
  const around = sourcesOf(board)
  const missingPort = around.port === undefined ? board.port : undefined
  const module = await buildEspruino({ entry: around.module, flags, minify, around })
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
    const about = `${PORT} cannot be imported: there is no ${shown(portFile(board))} yet; ${CORE} can`
    throw new BuildError(error.problems.map(one => one.message.includes(`'${PORT}'`) ? { ...one, message: about } : one))
  }
}
