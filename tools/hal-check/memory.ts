/** Bytes of the heap in use, once the garbage is collected: what a leak shows in. */
import v8 from 'node:v8'
import vm from 'node:vm'

export function memoryInUse(): () => number {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  return () => {
    collect()
    return process.memoryUsage().heapUsed
  }
}
