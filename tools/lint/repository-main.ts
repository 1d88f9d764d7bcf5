/** `npm run lint`, second half: the checks of repository.ts on every file of the project. */
import { readFileSync } from 'node:fs'
import { projectFiles } from '../test/files.js'
import { longFiles, problemsOf } from './repository.js'

const files = projectFiles()
const problems = files.flatMap((path) => problemsOf(path, readFileSync(path, 'utf8')))
for (const path of Object.keys(longFiles)) if (!files.includes(path)) problems.push(`tools/lint/repository.ts: longFiles lists ${path}, which does not exist`)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
