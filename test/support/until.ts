/** Bounded waiting for real peers: on events where there are some, with a limit that names itself. */

/**
 * Resolves when `fn` answers something other than undefined, false and null, and gives it back. Asked every 5 ms.
 * @param ms the limit; the error names `what` and it.
 * @param state what to add to the error: how far it came.
 */
export async function until<T>(fn: () => T | undefined | false | null, ms: number, what: string, state?: () => string): Promise<T> {
  const start = performance.now()
  for (;;) {
    const result = fn()
    if (result !== undefined && result !== false && result !== null) return result
    if (performance.now() - start > ms) {
      throw new Error(`waited ${ms} ms for ${what}, and it did not come${state === undefined ? '' : `; ${state()}`}`)
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}

/** The promise's result, or an error after `ms` that names `what`. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}, and it did not come`)), ms)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}
