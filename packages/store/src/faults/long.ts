/** Whether tests take the time for many more rounds: `pnpm test:long`. */
export const long = process.env['CAUGHTUP_LONG'] === '1'
