// The tasks of the how-to pages, done with their samples: servers as processes of their own, pages in a browser.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser/browser.ts'
import { buildPage } from '../browser/build-page.ts'
import { howTos, samplesIn } from './doc-samples.ts'
import { SampleServer } from './sample-server.ts'

// Inside this package, so that the samples resolve the workspace's packages as a user's code does.
const folder = path.resolve(import.meta.dirname, '../../.how-to-samples')
const hasPage = (howTo: string) => samplesIn(howTo).some(({ heading }) => heading === 'The page')
const nameOf = (howTo: string) => path.basename(howTo, '.md')

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(skipBrowserTests())('in a browser', () => {
  let browser: Awaited<ReturnType<typeof launchBrowser>>
  let script: string
  beforeAll(async () => {
    const shown = howTos.filter(hasPage).map(nameOf)
    for (const name of shown) {
      for (const { heading, language, code } of samplesIn(`docs/${name}.md`)) {
        const file = `${name}-${heading.toLowerCase().replaceAll(' ', '-')}.${language}`
        writeFileSync(path.join(folder, file), code)
      }
    }
    const imports = shown.map((name) => `import * as ${name} from './${name}-the-page.tsx'`)
    writeFileSync(
      path.join(folder, 'page.ts'),
      `${imports.join('\n')}
import { auto, createChatClient } from '@caughtup/web-client'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { openChat } from './offline-the-client.ts'

const pages = { ${shown.join(', ')} }
const asked = new URLSearchParams(location.search)
const chat = asked.get('show') === 'offline' ? openChat('me') : undefined
const client = chat?.client ?? createChatClient({ link: auto({ url: '/rpc' }) })
const [Page] = Object.values(pages[asked.get('show')])
const props = { client, session: client.session(asked.get('session')) }
Object.assign(window, { signOut: chat?.signOut })
createRoot(document.querySelector('main')).render(createElement(Page, props))
`,
    )
    ;[browser, script] = await Promise.all([
      launchBrowser(),
      buildPage(path.join(folder, 'page.ts')),
    ])
  })
  afterAll(() => browser?.close())

  /** A device with the page of a how-to, which loads also while its server is down. */
  async function openDevice(server: SampleServer): Promise<BrowserContext> {
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const html = '<title>Chat</title><main></main><script type="module" src="/page.js"></script>'
    await context.route(`${server.url}/?*`, (route) =>
      route.fulfill({ contentType: 'text/html', body: html }),
    )
    await context.route(`${server.url}/page.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    )
    return context
  }
  const open = async (device: BrowserContext, server: SampleServer, query: string) => {
    const page = await device.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(`${server.url}/?${query}`)
    return page
  }
  const rows = (page: Page) => page.locator('p').allTextContents()

  test('docs/approvals.md asks a person, also over a kill of the server, and pays once', async () => {
    const server = await openShop()
    const client = server.client()
    const { id } = await client.rpc.sessions.create({})
    const [laptop, phone] = [await openDevice(server), await openDevice(server)]
    const query = `show=approvals&session=${id}`
    const page = await open(laptop, server, query)
    await client.rpc.messages.send({ sessionId: id, text: 'Pay back 50 euros.' })
    await page.getByText('May I call refund with {"order":7,"euros":50}?').waitFor()
    await server.kill()
    await server.start()
    await page.reload()
    await page.getByText('May I call refund').waitFor()
    const other = await open(phone, server, query)
    // Two answers at the same moment.
    await other.getByRole('button').first().waitFor()
    await other.evaluate(() => {
      for (const button of document.querySelectorAll('button')) button.click()
    })
    await page.getByText('Paid back.').waitFor()
    await other.getByText('Somebody has answered already.').waitFor()
    expect(await page.getByRole('button').count()).toBe(0)
    expect(refunds(server)).toEqual(['call-50: 50 euros for order 7'])
  })

  test('docs/approvals.md pays little without asking, and nothing that was denied', async () => {
    const server = await openShop()
    const client = server.client()
    const { id } = await client.rpc.sessions.create({})
    const page = await open(await openDevice(server), server, `show=approvals&session=${id}`)
    await client.rpc.messages.send({ sessionId: id, text: 'Pay back 20 euros.' })
    await page.getByText('Paid back.', { exact: true }).waitFor()
    await client.rpc.messages.send({ sessionId: id, text: 'Pay back 21 euros.' })
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByText('Not paid back.').waitFor()
    expect(refunds(server)).toEqual(['call-20: 20 euros for order 7'])
  })

  test('docs/attachments.md shows a picture to all, also after a restart, and says what it does not take', async () => {
    const server = await SampleServer.open(folder, 'docs/attachments.md', 'The server', (data) => ({
      "'attachments'": `'${data}/attachments'`,
    }))
    const { id } = await server.client().rpc.sessions.create({})
    const query = `show=attachments&session=${id}`
    const page = await open(await openDevice(server), server, query)
    const send = async (name: string, mimeType: string, buffer: Buffer) => {
      await page.getByLabel('Prompt').fill('Look')
      await page.getByLabel('File').setInputFiles({ name, mimeType, buffer })
      await page.getByRole('button', { name: 'Send' }).click()
    }
    await send('note.txt', 'text/plain', Buffer.from('Hello'))
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor()
    await send('dot.png', 'image/png', Buffer.from(dot, 'base64'))
    await page.getByText('You sent dot.png (data:image/png;base64').waitFor()
    await server.kill()
    await server.start()
    await page.reload()
    const other = await open(await openDevice(server), server, query)
    for (const each of [page, other]) {
      const width = () =>
        each.getByAltText('dot.png').evaluate((image) => (image as HTMLImageElement).naturalWidth)
      await expect.poll(width, { timeout: 15_000 }).toBe(1)
    }
    expect(await page.getByRole('alert').textContent()).toBe('')
  })

  test('docs/offline.md keeps prompts and messages over a reload without a server, and sends once', async () => {
    const server = await SampleServer.open(folder, 'README.md', 'Embed it')
    const { id } = await server.client().rpc.sessions.create({})
    const device = await openDevice(server)
    const query = `show=offline&session=${id}`
    const page = await open(device, server, query)
    const write = async (prompt: string) => {
      await page.getByLabel('Prompt').fill(prompt)
      await page.getByLabel('Prompt').press('Enter')
    }
    await write('One')
    await page.getByText('This is message 2.').waitFor()
    await expect.poll(() => page.evaluate(countCached), { timeout: 15_000 }).toBe(1)
    await server.kill()
    await page.getByText('Not up to date').waitFor()
    await write('Two')
    await page.locator('[data-state]', { hasText: 'Two' }).waitFor()
    await page.reload()
    const tab = await open(device, server, query)
    for (const each of [page, tab]) {
      await expect
        .poll(() => rows(each))
        .toEqual(['Not up to date', 'One', 'This is message 2.', expect.stringMatching(/^Two \(/)])
    }
    await server.start()
    for (const each of [page, tab]) {
      await expect
        .poll(() => rows(each), { timeout: 15_000 })
        .toEqual(['Up to date', 'One', 'This is message 2.', 'Two', 'This is message 4.'])
    }
    await page.evaluate(() => (window as unknown as { signOut(): Promise<void> }).signOut())
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([])
  })

  test('docs/search.md finds a message of any session and shows what is around it', async () => {
    const server = await SampleServer.open(folder, 'README.md', 'Embed it')
    const client = server.client()
    for (const text of ['The train to Rome', 'Die Straße nach Oslo']) {
      const { id: sessionId } = await client.rpc.sessions.create({})
      await client.rpc.messages.send({ sessionId, text })
    }
    const page = await open(await openDevice(server), server, 'show=search&session=none')
    // What was written a moment ago is indexed soon.
    await expect
      .poll(async () => (await client.search('this is message')).hits.length, { timeout: 15_000 })
      .toBe(2)
    await page.getByLabel('Search').fill('nach STRAS')
    await page.getByRole('button').click()
    await page.locator('[aria-current=true]').waitFor()
    expect(await page.locator('section p').allTextContents()).toEqual([
      'Die Straße nach Oslo',
      'This is message 2.',
    ])
    await page.getByLabel('Search').fill('Bergen')
    await page.getByRole('button').waitFor({ state: 'detached' })
    await server.kill()
    await page.getByLabel('Search').fill('Rome')
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor()
  })

  test('docs/versions.md answers again, edits and undoes, and each version remembers what followed', async () => {
    const server = await SampleServer.open(folder, 'README.md', 'Embed it')
    const { id } = await server.client().rpc.sessions.create({})
    const query = `show=versions&session=${id}`
    const page = await open(await openDevice(server), server, query)
    const other = await open(await openDevice(server), server, query)
    const shows = async (...expected: string[]) => {
      for (const each of [page, other]) {
        const shown = async () => {
          const texts = await each.locator('article').allTextContents()
          return texts.map((text) => text.replaceAll(/Previous|Next|Edit$|Answer again$/g, '|'))
        }
        await expect.poll(shown, { timeout: 15_000 }).toEqual(expected)
      }
    }
    const press = async (name: string) => {
      await page.getByRole('button', { name, exact: true }).first().click()
    }
    await page.getByLabel('Prompt').fill('A trip')
    await page.getByLabel('Prompt').press('Enter')
    await shows('A trip|', 'This is message 2.|')
    await press('Answer again')
    await shows('A trip|', 'This is message 2.|2 of 2||')
    await press('Previous')
    await shows('A trip|', 'This is message 2.|1 of 2||')
    await press('Edit')
    await page.getByLabel('Edited prompt').fill('A trip to Norway')
    await page.getByLabel('Edited prompt').press('Enter')
    await shows('A trip to Norway|2 of 2||', 'This is message 2.|')
    await press('Previous')
    await shows('A trip|1 of 2||', 'This is message 2.|1 of 2||')
    await press('Undo')
    await shows()
    await press('Redo')
    await shows('A trip|1 of 2||', 'This is message 2.|1 of 2||')
  })
})

/** A picture of one pixel. */
const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const openShop = () => {
  const model = path.join(import.meta.dirname, 'model-that-refunds.ts')
  return SampleServer.open(folder, 'docs/approvals.md', 'The server', (data) => ({
    "import { tool } from 'ai'": `import { tool } from 'ai'\nimport { model } from '${model}'`,
    "model: 'openai/gpt-5.2'": 'model',
    "'refunds.log'": `'${data}/refunds.log'`,
  }))
}

const refunds = ({ data }: SampleServer) =>
  readFileSync(path.join(data, 'refunds.log'), 'utf8').trim().split('\n')

/** How many sessions the cache of the page has. */
async function countCached(): Promise<number> {
  const resultOf = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(new Error('IndexedDB', { cause: request.error }))
    })
  const database = await resultOf(indexedDB.open('caughtup-cache:me'))
  const [name = ''] = database.objectStoreNames
  const count = await resultOf(database.transaction(name).objectStore(name).count())
  database.close()
  return count
}
