/** Runs one command of a stage: output into a log, a limit on its time, and nothing left behind. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'

const running = new Set<ChildProcess>()

/**
 * Runs `command` with its output added to the file `log`.
 * @returns '' when it ended with status 0, else what went wrong: its status, its signal, or the limit that it passed
 */
export function execute(command: string[], log: string, limitMs: number, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    const [program = '', ...rest] = command
    const output = createWriteStream(log, { flags: 'a' })
    // A group of its own, so that a command that hangs is ended with all it started.
    const child = spawn(program, rest, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let late = false
    const timer = setTimeout(() => {
      late = true
      endGroup(child)
    }, limitMs)
    child.stdout.pipe(output, { end: false })
    child.stderr.pipe(output, { end: false })
    const finish = (problem: string) => {
      clearTimeout(timer)
      running.delete(child)
      output.end(() => { resolve(problem) })
    }
    child.on('error', (error) => { finish(`${program}: ${error.message}`) })
    child.on('close', (status, signal) => {
      if (late) finish(`over its limit of ${limitMs / 1000} s`)
      else finish(status === 0 ? '' : `ended with ${status === null ? signal : `status ${status}`}`)
    })
  })
}

/** Ends every command that still runs, with all it started. */
export function endAll(): void {
  for (const child of running) endGroup(child)
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: the group ended by itself before the call.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
