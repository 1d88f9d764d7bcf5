/** What the suites last showed: vitest's JSON results in .cache/test, and whether they are older than the sources. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { newest, projectFiles } from '../test/files.js'
import { allStages, type Stage } from '../test/stages.js'
import { idsInTitle } from './requirements.js'

export interface TestResult { title: string; passed: boolean }

/** Only these can change what a test shows. */
const sourceFolders = ['firmware', 'hal', 'test', 'tools', 'examples']

interface VitestResults { testResults: { assertionResults: { ancestorTitles: string[]; title: string; status: string }[] }[] }

/** Every test of a result file, with its full title. */
export function parseResults(json: string): TestResult[] {
  const results = JSON.parse(json) as VitestResults
  return results.testResults.flatMap((file) => file.assertionResults.map((test) => ({
    title: [...test.ancestorTitles, test.title].join(' '),
    passed: test.status === 'passed'
  })))
}

/** Tests by requirement id. */
export function byRequirement(tests: TestResult[]): Map<string, TestResult[]> {
  const found = new Map<string, TestResult[]>()
  for (const test of tests) {
    for (const id of idsInTitle(test.title)) {
      const list = found.get(id)
      if (list === undefined) found.set(id, [test])
      else list.push(test)
    }
  }
  return found
}

/** The stages whose results exist, and those whose results are missing or older than a source. */
export function resultState(): { usable: Stage[]; missing: Stage[]; stale: Stage[] } {
  const edited = newest(sourceFolders.filter((folder) => existsSync(folder)).flatMap((folder) => projectFiles(folder)))
  const suites = allStages().filter((stage) => stage.results !== undefined)
  const usable = suites.filter((stage) => existsSync(stage.results ?? ''))
  return {
    usable,
    missing: suites.filter((stage) => !usable.includes(stage)),
    stale: usable.filter((stage) => statSync(stage.results ?? '').mtimeMs < edited)
  }
}

/** Every test of the stages' result files, which exist. */
export function readResults(stages: Stage[]): TestResult[] {
  return stages.flatMap((stage) => parseResults(readFileSync(stage.results ?? '', 'utf8')))
}

/** The ids named by the suites of a folder, without running them: what a run that left the folder out could not show. */
export function idsInSuites(folder: string): Set<string> {
  const suites = projectFiles(folder).filter((path) => path.endsWith('.test.ts'))
  return new Set(suites.flatMap((path) => idsInTitle(readFileSync(path, 'utf8'))))
}
