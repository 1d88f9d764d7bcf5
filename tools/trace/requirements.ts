/** Reads docs/requirements.md: the ids, and the page that documents each. */
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

export const requirementsFile = 'docs/requirements.md'

/** The number of ids that docs/requirements.md must list: 35 S0, 26 S1, 26 S2, 6 S3, 9 S4. */
export const requirementCount = 102

/** `S1-07`, `S0-03.7a`, `S0-08b`. */
const id = /S\d-\d\d(?:\.\d+)?[a-z]?/

/** A heading or a table row that begins with an id, bare, in back quotes, in brackets or as a link. */
const idLine = new RegExp(`^(?:#+|\\|)\\s*(?:<a[^>]*>(?:</a>)?)?[\`*[]*(${id.source})(?![\\w.-]*\\w)`)

export interface Requirement {
  id: string
  /** The documentation page from the repository's root, with its anchor. */
  page: string | null
}

/** The requirements of `text`, in its order; `folder` is where it came from, for its relative links. */
export function parseRequirements(text: string, folder: string): Requirement[] {
  const found: Requirement[] = []
  for (const line of text.split(/\r?\n/)) {
    const head = idLine.exec(line)
    if (head !== null) found.push({ id: head[1] ?? '', page: null })
    // A heading's section reaches to the next id; a table row is its one line.
    const last = found.at(-1)
    if (last === undefined || last.page !== null) continue
    if (head === null && (line.startsWith('#') || line.startsWith('|'))) continue
    last.page = pageLink(line, folder)
  }
  return found
}

/** The first link to a Markdown page in the line. */
function pageLink(line: string, folder: string): string | null {
  for (const match of line.matchAll(/\]\(([^)\s]+)\)/g)) {
    const [path = '', anchor] = (match[1] ?? '').split('#')
    if (!path.endsWith('.md') || path.includes('://')) continue
    return posix.normalize(posix.join(folder, path)) + (anchor === undefined ? '' : `#${anchor}`)
  }
  return null
}

/** The project's requirements, and what is wrong with the file. */
export function readRequirements(): { requirements: Requirement[]; problems: string[] } {
  if (!existsSync(requirementsFile)) return { requirements: [], problems: [`${requirementsFile} does not exist`] }
  const requirements = parseRequirements(readFileSync(requirementsFile, 'utf8'), posix.dirname(requirementsFile))
  const problems: string[] = []
  const seen = new Set<string>()
  const absent = new Map<string, string[]>()
  for (const requirement of requirements) {
    if (seen.has(requirement.id)) problems.push(`${requirementsFile} lists ${requirement.id} twice`)
    seen.add(requirement.id)
    const path = requirement.page?.split('#')[0]
    if (path !== undefined && !existsSync(path)) absent.set(path, [...absent.get(path) ?? [], requirement.id])
  }
  for (const [path, ids] of absent) problems.push(`${requirementsFile} links to ${path}, which does not exist (${ids.join(' ')})`)
  if (seen.size !== requirementCount) problems.push(`${requirementsFile} lists ${seen.size} ids, not ${requirementCount}`)
  return { requirements, problems }
}

/** The ids that a test's title carries in brackets: `[S2-08]`, `[S1-07, S1-08]`, `[S0-12][S4-02]`. */
export function idsInTitle(title: string): string[] {
  const ids = new Set<string>()
  for (const bracket of title.matchAll(/\[([^[\]]*)\]/g)) {
    const words = (bracket[1] ?? '').split(/[\s,;]+/)
    if (!words.every((word) => new RegExp(`^${id.source}$`).test(word))) continue
    for (const word of words) ids.add(word)
  }
  return [...ids]
}
