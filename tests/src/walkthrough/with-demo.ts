import { cpSync } from 'node:fs'
import path from 'node:path'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, inject } from 'vitest'

import { launchBrowser } from '../browser/browser.ts'
import { DemoProcess, temporaryFolder } from './demo-process.ts'
import { filledFolder } from './filled-folder.ts'

/**
 * A demo and a browser for the tests of a group. Its database is empty, or `filled` as at a first start,
 * with a long session that has a third of its usual length. `supervised`, it starts again when it was killed.
 */
export function withDemo({
  filled = false,
  supervised = false,
  args = [],
}: { filled?: boolean; supervised?: boolean; args?: string[] } = {}) {
  const folder = temporaryFolder()
  let browser: Browser | undefined
  let demo: DemoProcess | undefined

  beforeAll(async () => {
    if (filled) cpSync(await filledFolder(inject('sharedFolder')), folder.path, { recursive: true })
    const database = path.join(folder.path, 'demo.db')
    demo = await DemoProcess.start({ database, supervised })
    browser = await launchBrowser(args)
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await demo?.end()
    folder.remove()
  })

  return {
    get url(): string {
      if (!demo) throw new Error('The demo has not started.')
      return demo.url
    },
    get browser(): Browser {
      if (!browser) throw new Error('The browser has not started.')
      return browser
    },
  }
}
