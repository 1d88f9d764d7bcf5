/**
 * Checks of the repository as a whole: no source file grows beyond what one idea needs, nothing names the machine or
 * the registry it was written on, and no test is left out.
 */
const maxLines = 400

/** Files that may be longer, each with the reason. */
export const longFiles: Record<string, string> = {}

const sourceFile = /^(firmware|hal|tools|test)\/.*\.(ts|mjs|js)$/
const text = /\.(ts|mts|mjs|js|cjs|json|md|yml|yaml|sh|c|h|lua|conf|html|css|txt)$|(^|\/)[^.]+$/

/** What no file may mention. The words are put together here so that this file passes its own check. */
const forbidden = [
  { pattern: new RegExp('(^|[\\s"\'`(=:])/' + 'work/', 'm'), what: 'a folder of the machine it was written on' },
  { pattern: new RegExp('\\.\\./' + 'shared\\b'), what: 'a folder outside the project' },
  { pattern: new RegExp('registry\\.' + '(npmjs|yarnpkg|npmmirror)|verda' + 'ccio|arti' + 'factory', 'i'), what: 'a registry host' },
  { pattern: new RegExp('https?://(localhost|127\\.0\\.0\\.1|10\\.\\d+\\.\\d+\\.\\d+|192\\.168\\.\\d+\\.\\d+)(:\\d+)?/[^\\s]*\\.tgz'), what: 'a registry host' },
  { pattern: /\bissue \d+\b/i, what: 'an issue by its number' }
]

/** Vitest's ways to leave a test out. */
const skippedTest = new RegExp('\\b(it|test|describe)\\.' + '(skip|only|todo|skipIf|runIf|fails)\\b')

/** What is wrong with the file, one line each; nothing for a file that is not text. */
export function problemsOf(path: string, content: string): string[] {
  const problems: string[] = []
  if (!text.test(path)) return problems
  const lines = content.split('\n')
  if (sourceFile.test(path)) {
    const length = lines.length - (content.endsWith('\n') ? 1 : 0)
    if (length > maxLines && longFiles[path] === undefined) problems.push(`${path}: ${length} lines, ${maxLines} are allowed; does it hold two ideas?`)
    if (length > 0 && !content.endsWith('\n')) problems.push(`${path}: no line break at its end`)
  }
  for (const { pattern, what } of forbidden) {
    // The lock file names the public registry by nature: every entry has the address it came from.
    if (path === 'package-lock.json' && what === 'a registry host') continue
    const at = lines.findIndex((line) => pattern.test(line))
    if (at >= 0) problems.push(`${path}:${at + 1}: mentions ${what}`)
  }
  if (/^test\/.*\.test\.ts$/.test(path)) {
    const at = lines.findIndex((line) => skippedTest.test(line))
    if (at >= 0) problems.push(`${path}:${at + 1}: a test that is left out`)
  }
  return problems
}
