/** The real Espruino interpreter, which nothing here brings to a machine. */
import { existsSync } from 'node:fs'

/** How one comes by it. */
export const HOW = 'ESPRUINO_BIN must name an Espruino Linux binary. To get one, build it from its sources: ' +
  'git clone https://github.com/espruino/Espruino && cd Espruino && source scripts/provision.sh LINUX && make clean && BOARD=LINUX make ' +
  '(its README_Building.md; a 32-bit build without unicode, with 8000 variables or more, is closest to the boards: docs/benchmarks.md), and set ESPRUINO_BIN to its path'

/** '' where ESPRUINO_BIN names a file; else what is wrong and what to do. */
export function missingInterpreter(binary = process.env.ESPRUINO_BIN ?? ''): string {
  if (binary === '') return HOW
  return existsSync(binary) ? '' : `${HOW}; ${binary} does not exist`
}
