/** Distils a corpus: of the inputs of a folder, smallest first, those that reach blocks that the ones before did not. `node tools/build/run.mjs tools/fuzz/distil.ts FROM TO` */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Coverage } from './coverage.js'
import { failureOf, nameOf } from './engine.js'
import { TARGETS } from './targets/index.js'

/** Inputs of one target: the replay in the tests must be short. */
const MOST = 80

const [from = '.cache/fuzz/corpus', to = 'test/fuzz/corpus'] = process.argv.slice(2)
for (const target of TARGETS) {
  const coverage = new Coverage((url) => url.includes('tools.fuzz.distil'))
  const folders = [path.join(to, target.name), path.join(from, target.name)].filter((folder) => existsSync(folder))
  // Both folders may be one, or share inputs.
  const all = folders.flatMap((folder) => readdirSync(folder).map((file) => new Uint8Array(readFileSync(path.join(folder, file)))))
  const inputs = [...new Map(all.map((input) => [nameOf(input), input])).values()]
  inputs.sort((a, b) => a.length - b.length || (nameOf(a) < nameOf(b) ? -1 : 1))
  const kept = inputs.filter((input) => failureOf(target, input) === undefined && coverage.take().length > 0).slice(0, MOST)
  rmSync(path.join(to, target.name), { recursive: true, force: true })
  mkdirSync(path.join(to, target.name), { recursive: true })
  for (const input of kept) writeFileSync(path.join(to, target.name, nameOf(input)), input)
  console.log(`${target.name}: ${kept.length} of ${inputs.length} inputs, ${kept.reduce((sum, input) => sum + input.length, 0)} bytes`)
  coverage.stop()
}
