/** For tests that start whole systems and browsers. */
export const wholeSystems = {
  globalSetup: ['src/browser/announce-browser.ts'],
  // Time on a slow machine.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 10_000 } },
  // In the CI alone. What passes only then is a fault to be found: `scripts/count-tests.mjs` names it.
  retry: process.env['CI'] ? 1 : 0,
}
