/** Whether tests take the time for many more rounds: `pnpm test:long`. */
export const long = process.env['CAUGHTUP_LONG'] === '1'

/** Says what a long run measured. */
export function figure(text: string): void {
  if (long) process.stdout.write(`Figure: ${text}\n`)
}
