/** Takes what no caller is told: `where` names the procedure, or the part of the server, that failed. */
export type OnError = (error: unknown, where: string) => void

export const logError: OnError = (error, where) => {
  // oxlint-disable-next-line no-console -- the default of `onError`; a host with a logger replaces it
  console.error(`caughtup: ${where} failed:`, error)
}
