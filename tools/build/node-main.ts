/** `npm run build`: dist/ for Node. */
import { buildNode } from './node.js'
import { BuildError, printed } from './problem.js'

const begun = Date.now()
try {
  const { files, bytes } = await buildNode()
  console.log(`dist/: ${files} files, ${bytes} bytes, ${Date.now() - begun} ms`)
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  for (const one of error.problems) console.error(printed(one))
  process.exitCode = 1
}
