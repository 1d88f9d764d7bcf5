/** The project's own files: what git knows or would add, so that dist/, .cache/ and node_modules/ never count. */
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

/** Paths from the repository's root, with forward slashes; only those below `folder`. */
export function projectFiles(folder = '.'): string[] {
  const run = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', folder], { encoding: 'utf8', maxBuffer: 64e6 })
  if (run.status !== 0) throw new Error(`git ls-files ended with status ${run.status}: ${run.stderr}`)
  // A file deleted but not yet committed is still in git's index.
  return run.stdout.split('\0').filter((path) => path.length > 0 && existsSync(path))
}

/** When the newest of these files was written, in ms since 1970. */
export function newest(paths: string[]): number {
  return paths.reduce((latest, path) => Math.max(latest, statSync(path).mtimeMs), 0)
}
