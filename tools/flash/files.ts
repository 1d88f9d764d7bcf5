/** What is sent: the outputs of a build, or the files that were named. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { UsageError } from '../usage.js'

/** Storage runs the file of this name when the board starts, but not after reset() on the console: a way back to the prompt. */
export const BOOT_FILE = '.bootcde'
/** Bytes that a name of Storage may have. */
const nameLimit = 28

export interface Code {
  /** Where it was read from. */
  file: string
  /** For a module: what `require` finds it by, which is the name of its Storage file. */
  name: string
  /** One character a byte. */
  bytes: string
}

export interface Load {
  /** They go into Storage, in this order. */
  modules: Code[]
  program: Code
}

function read(file: string, name: string): Code {
  if (!existsSync(file)) throw new UsageError(`There is no ${file}; npx yieldmq build makes it, and so does --app FILE.`)
  const bytes = readFileSync(file, 'latin1')
  if (bytes.length === 0) throw new UsageError(`${file} is empty.`)
  if (name.length > nameLimit) throw new UsageError(`${file}: Storage has names of at most ${nameLimit} bytes, and ${name} has ${name.length}.`)
  return { file, name, bytes }
}

/**
 * The last of `files` is the program, those before it are modules. Without files, the build of `folder`: in one piece where it
 * only runs until the next reset and the board has the memory, else with the client as a module in Storage.
 */
export function filesToSend(folder: string, files: string[], fromStorage: boolean): Load {
  const named = files.length > 0
    ? files
    : fromStorage
      ? [path.join(folder, 'yieldmq.js'), path.join(folder, 'app.module.js')]
      : [path.join(folder, 'app.js')]
  const modules = named.slice(0, -1).map((file) => read(file, path.basename(file, '.js')))
  const program = read(named[named.length - 1], BOOT_FILE)
  return { modules, program }
}
