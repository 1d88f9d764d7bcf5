/** What a pipeline or an output check found. A build with one problem is a failed build. */
export interface Problem {
  /** Relative to the project; for output checks the name of the bundle. */
  file: string
  /** From 1; 0 where there is none. */
  line: number
  message: string
}

export function printed(problem: Problem): string {
  return problem.line > 0 ? `${problem.file}:${problem.line}: ${problem.message}` : `${problem.file}: ${problem.message}`
}

/** Thrown by a pipeline that could not produce its output. */
export class BuildError extends Error {
  constructor(readonly problems: Problem[]) {
    super(problems.map(printed).join('\n'))
    this.name = 'BuildError'
  }
}
