/** A folder of files for the time of a test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export function inFolder(files: Record<string, string>, fn: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-flash-'))
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes, 'latin1')
    fn(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
