/**
 * Why a serial line is not there, in words for the person at the bench.
 */

/** Which of them it is: the package or the device is missing, the right to open it, another program, unplugged, anything else. */
export type SerialProblem = 'no-package' | 'no-device' | 'no-permission' | 'busy' | 'gone' | 'failed'

export class SerialError extends Error {
  override readonly name = 'SerialError'

  constructor(readonly problem: SerialProblem, message: string) {
    super(message)
  }
}

/** Loading the package `serialport` failed. */
export function brokenPackage(error: Error): SerialError {
  const missing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
  const why = missing ? 'is not installed' : `does not load here (${error.message})`
  return new SerialError('no-package', `the package serialport ${why}, which a serial line needs: npm install serialport`)
}

/** The package tells of a refused opening in words only: the operating system's, in English. */
export function failedOpening(path: string, { message }: Error): SerialError {
  if (/cannot lock|busy/i.test(message)) return new SerialError('busy', `${path}: another program has it open, or this one twice (${message})`)
  if (/permission|access denied/i.test(message)) return new SerialError('no-permission', `${path}: ${refused} (${message})`)
  if (/no such|not found/i.test(message)) return new SerialError('no-device', `${path}: there is no such device; is it plugged in, and is this its name? (${message})`)
  return new SerialError('failed', `${path}: cannot be opened (${message})`)
}

/** Windows says the same of a port in use. */
const refused = process.platform === 'win32'
  ? 'another program has it open, or you may not open it'
  : 'you may not open it; on Debian and its like the group dialout may: sudo usermod -aG dialout $USER, then log in again'
