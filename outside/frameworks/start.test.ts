// Does what the start pages say, with their files: a server, Vite's development server, and a browser.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../../tests/src/browser/browser.ts'

const here = import.meta.dirname
const counted = Array.from({ length: 40 }, (_, index) => ` ${index + 1}`).join('')

describe.skipIf(skipBrowserTests())('in a browser', () => {
  let browser: Awaited<ReturnType<typeof launchBrowser>>
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test.each(['react', 'vue', 'svelte', 'solid', 'dom'])(
    'the start page of %s: an answer goes on over a reload, is whole after it, and in a second window',
    async (folder) => {
      const server = await startServer()
      const url = await startVite(folder, server)
      const context = await browser.newContext()
      onTestFinished(() => context.close())
      const page = await context.newPage()
      await page.goto(url)
      await page.getByLabel('Prompt').fill('Hello')
      await page.getByLabel('Prompt').press('Enter')
      await page.getByText('It counts: 1 2').waitFor()
      await page.reload()
      await page.getByText('It counts: 1 2').waitFor()
      expect(await page.locator('main p').count()).toBe(2)
      const second = await context.newPage()
      await second.goto(page.url())
      for (const each of [page, second]) {
        await expect
          .poll(() => each.locator('main p').allTextContents())
          .toEqual(['Hello', `This is message 2. It counts:${counted}`])
      }
    },
  )
})

/** Where the server of the start pages listens, on a database of its own. */
async function startServer(): Promise<string> {
  const data = mkdtempSync(path.join(here, '.start-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const code = readFileSync(path.join(here, 'start/server.ts'), 'utf8')
  const file = path.join(data, 'server.ts')
  writeFileSync(
    file,
    replaced(replaced(code, 'port: 4000', 'port: 0'), "'chat.db'", `'${data}/chat.db'`),
  )
  return printed(spawn(process.execPath, [file]), /Listening on (\S+)/)
}

/** Vite's server as by its command, with the configuration of a start page, but for the address of our server. */
async function startVite(folder: string, server: string): Promise<string> {
  const root = path.join(here, folder)
  const code = readFileSync(path.join(root, 'vite.config.ts'), 'utf8')
  const config = path.join(root, '.vite.config.ts')
  writeFileSync(config, replaced(code, 'http://127.0.0.1:4000', server))
  onTestFinished(() => rmSync(config))
  // The tests' own environment would change what Vite does.
  const { NODE_ENV: _, VITEST: __, ...env } = process.env
  const args = ['--config', config, '--host', '127.0.0.1', '--port', `${await freePort()}`]
  const command = path.join(here, 'node_modules/.bin/vite')
  return printed(
    spawn(command, args, { cwd: root, env: { ...env, NO_COLOR: '1' } }),
    /Local:\s+(\S+)/,
  )
}

function replaced(code: string, from: string, to: string): string {
  expect(code).toContain(from)
  return code.replace(from, to)
}

/** The first group of a line of the process, which ends with the test. */
async function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  onTestFinished(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  child.stderr?.pipe(process.stderr)
  if (!child.stdout) throw new Error('The process has no output.')
  for await (const line of createInterface(child.stdout)) {
    const [, found] = pattern.exec(line) ?? []
    if (found === undefined) continue
    child.stdout.resume()
    return found
  }
  throw new Error(`The process ended without ${pattern}.`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
