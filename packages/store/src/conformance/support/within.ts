/** Aborts after `ms`. Unlike that of `AbortSignal.timeout`, its timer keeps the process alive. */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error(`Nothing came in ${ms} ms.`)), ms)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}
