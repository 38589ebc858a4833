import { accessSync, constants } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * The browser's path: `CHROMIUM_PATH` if set, else the first of the usual places. Playwright's own
 * download is not used.
 */
function findBrowser(): string | undefined {
  const chosen = process.env['CHROMIUM_PATH']
  return (chosen ? [chosen] : candidates).find(isExecutable)
}

/**
 * For `describe.skipIf(skipBrowserTests())`: true if there is no browser. In the CI it is always false,
 * so that the tests run and `launchBrowser` fails them.
 */
export function skipBrowserTests(): boolean {
  return findBrowser() === undefined && !isCi()
}

/** Starts a headless browser with additional flags; the caller closes it. Throws if there is none. */
export async function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  const executablePath = findBrowser()
  if (executablePath === undefined) throw new Error(missingBrowser())
  return await chromium.launch({ executablePath, args: [...flags, ...more] })
}

/** What to do about a missing browser, in one line. */
export function missingBrowser(): string {
  const chosen = process.env['CHROMIUM_PATH']
  if (chosen) return `CHROMIUM_PATH (${chosen}) is not an executable file.`
  return 'no Chromium found. Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.'
}

function isCi(): boolean {
  const ci = process.env['CI']
  return ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0'
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Missing, or not executable by this user: the next candidate is tried.
    return false
  }
}
