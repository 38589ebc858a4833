import { missingBrowser, skipBrowserTests } from './browser.ts'

/** Warns once per run, not once per file, that the browser tests are skipped, and why. */
export function setup(): void {
  if (skipBrowserTests()) console.warn(`Skipping the browser tests: ${missingBrowser()}`)
}
