/** `npm run build`: dist/ for Node; `-- --no-types` leaves the type declarations out, which take most of the time. */
import { buildNode } from './node.js'
import { BuildError, printed } from './problem.js'

const begun = Date.now()
try {
  const { files, bytes } = await buildNode(undefined, !process.argv.includes('--no-types'))
  console.log(`dist/: ${files} files, ${bytes} bytes, ${Date.now() - begun} ms`)
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  for (const one of error.problems) console.error(printed(one))
  process.exitCode = 1
}
