/** Receives the failures that no caller gets; `where` names what failed. */
export type OnError = (error: unknown, where: string) => void

const logError: OnError = (error, where) => {
  // oxlint-disable-next-line no-console -- the default of `onError`; a host with a logger replaces it
  console.error(`caughtup: ${where} failed:`, error)
}

/** The host's function, or the console. If it throws, both errors are logged there. */
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
