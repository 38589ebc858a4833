import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../../tests/src/browser/browser.ts'
import { siteFolder } from './build-site.ts'
import { referencePages } from './make-reference.ts'
import { serveFolder, type ServedFolder } from './serve-folder.ts'
import { pages } from './site-pages.ts'

const root = path.resolve(import.meta.dirname, '../..')
let site: ServedFolder | undefined

beforeAll(async () => {
  // In a process of its own, as by command: vitest's environment would change what Vite does.
  const { NODE_ENV: _, VITEST: __, ...env } = process.env
  const command = path.join(import.meta.dirname, 'build-site.ts')
  const { status, stderr } = spawnSync(process.execPath, [command], { env, encoding: 'utf8' })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  site = await serveFolder(siteFolder)
})
afterAll(() => site?.[Symbol.asyncDispose]())

const read = (file: string) => readFileSync(path.join(siteFolder, file), 'utf8')

test('each document and each import path has its page', () => {
  const built = globSync('**/*.html', { cwd: siteFolder }).sort()
  const expected = ['index', '404', ...[...pages, ...referencePages].map((page) => page.path)]
  expect(built).toEqual(expected.map((page) => `${page}.html`).sort())
})

test('each link leads to a page, and to what it names there', () => {
  const broken: string[] = []
  const anchors = new Map<string, Set<string>>()
  const anchorsOf = (file: string) => {
    const known =
      anchors.get(file) ??
      new Set(Array.from(read(file).matchAll(/ id="([^"]+)"/g), ([, id]) => id))
    anchors.set(file, known as Set<string>)
    return known
  }
  const built = new Set(globSync('**/*', { cwd: siteFolder }))
  for (const file of built) {
    if (!file.endsWith('.html')) continue
    for (const [, target = ''] of read(file).matchAll(/<a[^>]* href="([^"]+)"/g)) {
      if (!target.startsWith('/') && !target.startsWith('#')) continue
      const { pathname, hash } = new URL(target, `http://site/${file.replace(/\.html$/, '')}`)
      const page = pathname === '/' ? 'index.html' : decodeURI(pathname).slice(1)
      const found = [page, `${page}.html`].find((one) => built.has(one))
      const anchor = decodeURIComponent(hash.slice(1))
      if (!found || (anchor && !anchorsOf(found).has(anchor))) broken.push(`${file}: ${target}`)
    }
  }
  expect(broken).toEqual([])
})

test('llms.txt lists every page, and llms-full.txt has the texts', () => {
  const listed = Array.from(read('llms.txt').matchAll(/\]\((\/[^)]+)\)/g), ([, link]) => link)
  expect(listed).toEqual([...pages, ...referencePages].map((page) => `/${page.path}`))
  const whole = read('llms-full.txt')
  const titles = pages.map(
    ({ source }) => readFileSync(path.join(root, source), 'utf8').split('\n')[0],
  )
  expect(titles.filter((title = '') => !whole.includes(title))).toEqual([])
})

describe.skipIf(skipBrowserTests())('in a browser', () => {
  async function open(colorScheme: 'light' | 'dark') {
    const browser = await launchBrowser()
    onTestFinished(() => browser.close())
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1280, height: 800 },
    })
    const page = await context.newPage()
    const failures: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(`${site?.url}/`)) failures.push(`elsewhere: ${request.url()}`)
    })
    page.on('pageerror', (error) => failures.push(error.message))
    page.on('response', (response) => {
      if (response.status() >= 400) failures.push(response.url())
    })
    return { page, failures }
  }

  test.each([
    ['approval', /^\/approvals/],
    ['offline', /^\/offline/],
    ['undo', /^\/versions/],
    ['chatRoutes', /^\/(?:server|from-use-chat|hosts)/],
    ['createTestClient', /^\/(?:api\/)?server/],
  ])('the search for %s leads to a page that tells of it', async (words, place) => {
    const { page, failures } = await open('light')
    await page.goto(`${site?.url}/`)
    await page.getByRole('button', { name: 'Search' }).click()
    await page.locator('#localsearch-input').fill(words)
    const first = page.locator('#localsearch-list a').first()
    await expect.poll(() => first.getAttribute('href')).toMatch(place)
    await first.click()
    await page.waitForURL((url) => place.test(url.pathname))
    expect(failures).toEqual([])
  })

  test.each([
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(27, 27, 31)'],
  ] as const)('a page follows the %s of the system', async (scheme, background) => {
    const { page, failures } = await open(scheme)
    await page.goto(`${site?.url}/what-it-is`)
    const shown = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(shown).toBe(background)
    expect(failures).toEqual([])
  })

  test('diagrams are drawn, for light and for dark', async () => {
    const { page, failures } = await open('dark')
    await page.goto(`${site?.url}/what-it-is`)
    // Without a reload, as a reader comes there.
    await page.getByRole('link', { name: 'Concepts', exact: true }).click()
    // It is seen if its text has a size.
    await page.locator('.diagram[data-drawn=dark] svg').getByText('caught-up').first().waitFor()
    // In the font in which labels are measured; in a wider one they would be cut off.
    const font = () => getComputedStyle(document.querySelector('.diagram')!).fontFamily
    expect(await page.evaluate(font)).toMatch(/^Inter/)
    await page.getByRole('switch', { name: /theme/ }).first().click()
    await page.locator('.diagram[data-drawn=neutral] svg').getByText('caught-up').first().waitFor()
    await page.goto(`${site?.url}/architecture`)
    await expect.poll(() => page.locator('.diagram svg').count()).toBe(3)
    expect(failures).toEqual([])
  })

  test('no label of a diagram is cut off', async () => {
    const { page } = await open('light')
    for (const [place, count] of [
      ['concepts', 5],
      ['architecture', 3],
      ['versions', 1],
      ['sqlite-to-postgres', 1],
    ] as const) {
      await page.goto(`${site?.url}/${place}`)
      await expect.poll(() => page.locator('.diagram[data-drawn] svg').count()).toBe(count)
      const labels = page.locator('.diagram foreignObject')
      expect(await labels.count()).toBeGreaterThan(0)
      const cut = await labels.evaluateAll((places) =>
        places
          .filter(({ firstElementChild: label, clientWidth, clientHeight }) => {
            if (!label) return false
            return label.scrollWidth > clientWidth + 1 || label.scrollHeight > clientHeight + 1
          })
          .map(({ textContent }) => textContent),
      )
      expect(cut).toEqual([])
    }
  })

  test('every page opens without a failure, and loads nothing from elsewhere', async () => {
    const { page, failures } = await open('light')
    for (const { path: place } of [...pages, ...referencePages]) {
      await page.goto(`${site?.url}/${place}`, { waitUntil: 'domcontentloaded' })
      expect(await page.locator('main h1').first().isVisible()).toBe(true)
    }
    expect(failures).toEqual([])
  }, 180_000)
})
