/** Whether tests run many more rounds: `pnpm test:long`. */
export const long = process.env['CAUGHTUP_LONG'] === '1'

/** Prints a measurement of a long run. */
export function figure(text: string): void {
  if (long) process.stdout.write(`Figure: ${text}\n`)
}
