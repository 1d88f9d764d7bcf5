/** Where the project lies: the nearest folder above this code with yieldmq's package.json, in source, .cache and dist alike. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

function isRoot(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).name === 'yieldmq'
  } catch {
    return false
  }
}

function findRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url))
  while (!isRoot(folder)) {
    const parent = path.dirname(folder)
    if (parent === folder) throw new Error(`no package.json of yieldmq above ${fileURLToPath(import.meta.url)}`)
    folder = parent
  }
  return folder
}

export const ROOT = findRoot()

/** A path as it is written in messages, with forward slashes: relative to the project, outside of it to the working folder. */
export function shown(file: string): string {
  const inside = path.relative(ROOT, file)
  return (inside.startsWith('..') ? path.relative(process.cwd(), file) : inside).replace(/\\/g, '/')
}
