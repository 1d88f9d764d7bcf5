/** Prints the hashes of the runs whose seeds are the arguments, in that order, as JSON. */
import { hashOf, mixedRun } from './mixed.js'

console.log(JSON.stringify(process.argv.slice(2).map((seed) => hashOf(mixedRun(Number(seed))))))
