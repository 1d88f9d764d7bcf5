/** Counts from vitest's JSON. A skipped, todo or unfinished test is a problem of its own: nothing is left out silently. */

interface VitestResults { testResults: { assertionResults: { status: string; fullName: string }[] }[] }

export interface Counts {
  /** For the summary. */
  note: string
  /** '' when every test was run and at least one is there. */
  problem: string
}

const namesShown = 5

/** What a result file says; failed tests are vitest's own exit status and not a problem here. */
export function countTests(json: string): Counts {
  const results = JSON.parse(json) as VitestResults
  const tests = results.testResults.flatMap((file) => file.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed')
  const note = `${passed} of ${tests.length} tests in ${results.testResults.length} files`
  if (tests.length === 0) return { note, problem: 'no test was run' }
  if (skipped.length === 0) return { note, problem: '' }
  return { note, problem: `${skipped.length} skipped, which is not allowed: ${skipped.slice(0, namesShown).map((test) => test.fullName).join('; ')}` }
}
