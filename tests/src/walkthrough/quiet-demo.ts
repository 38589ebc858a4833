import path from 'node:path'

import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

import { launchBrowser } from '../browser/browser.ts'
import { DemoProcess, temporaryFolder } from './demo-process.ts'

/** A demo that does not fill its database, and a browser, for the tests of one file. */
export interface QuietDemo {
  readonly browser: Browser
  readonly url: string
}

/** Starts both before the tests around it, and ends them afterwards. */
export function quietDemo(): QuietDemo {
  const folder = temporaryFolder()
  const started: Partial<{ browser: Browser; demo: DemoProcess }> = {}
  beforeAll(async () => {
    const database = path.join(folder.path, 'demo.db')
    // It fills only a database without sessions.
    const store = await createStore({ storage: sqlite({ path: database }) })
    await store.sessions.create({ owner: 'local', title: 'Already here' })
    await store.close()
    started.demo = await DemoProcess.start({ database })
    started.browser = await launchBrowser()
  }, 60_000)
  afterAll(async () => {
    await started.browser?.close()
    await started.demo?.end()
    folder.remove()
  })
  return {
    get browser() {
      if (!started.browser) throw new Error('The browser has not started yet.')
      return started.browser
    },
    get url() {
      if (!started.demo) throw new Error('The demo has not started yet.')
      return started.demo.url
    },
  }
}
