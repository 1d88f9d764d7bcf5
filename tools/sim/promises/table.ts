/** The table of docs/promises.md. */
import { PROMISES } from './index.js'

export function promiseRows(): string[] {
  return PROMISES.map(({ name, sentence, profiles }) => `| \`${name}\` | ${sentence} | ${profiles === undefined ? 'all' : profiles.join(', ')} |`)
}
