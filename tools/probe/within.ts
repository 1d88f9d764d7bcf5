/** The promise's result, or undefined after `ms`; the promise itself goes on, and what becomes of it is no longer looked at. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  // A failure after the limit is nobody's, and must not end the program.
  promise.catch(() => undefined)
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}
