/** Takes what no caller is told: `where` names what failed. */
export type OnError = (error: unknown, where: string) => void

const logError: OnError = (error, where) => {
  // oxlint-disable-next-line no-console -- the default of `onError`; a host with a logger replaces it
  console.error(`caughtup: ${where} failed:`, error)
}

/** The host's, else the console. One that fails is logged there, and stops nothing. */
export function resolveOnError(onError: OnError = logError): OnError {
  return (error, where) => {
    try {
      onError(error, where)
    } catch (failure) {
      logError(error, where)
      logError(failure, 'onError')
    }
  }
}
