import type { Page } from 'playwright-core'

import type { ListPage } from './page.tsx'

declare global {
  interface Window {
    listPage: ListPage
  }
}

/** Reads in the page's message list as a person does, and tells what they see. */
export class ListReader {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  get list() {
    return this.page.getByRole('region', { name: 'Transcript' })
  }

  async wheel(pixels: number): Promise<void> {
    await this.page.mouse.move(250, 300)
    await this.page.mouse.wheel(0, pixels)
  }

  /** Marks the text of the message in the middle of the list, once the page has come to rest. */
  async look(): Promise<void> {
    await this.page.evaluate(async () => {
      const find = () => {
        const looked = Array.from({ length: 20 }, (_, n) =>
          document.elementFromPoint(100, 250 + 15 * n)?.closest('[data-key] p'),
        )
        return looked.find((element) => element)
      }
      let [before, rested] = [Number.NaN, 0]
      while (rested < 5) {
        await new Promise((resolve) => requestAnimationFrame(resolve))
        const top = find()?.getBoundingClientRect().top ?? Number.NaN
        rested = top === before ? rested + 1 : 0
        before = top
      }
      document.querySelector('[data-looked-at]')?.removeAttribute('data-looked-at')
      find()?.setAttribute('data-looked-at', '')
    })
  }

  /** Where the text is that was looked at, in px below the page's top. */
  async whereItIs(): Promise<number> {
    const [top] = await this.page.evaluate(() =>
      Array.from(
        document.querySelectorAll('[data-looked-at]'),
        (one) => one.getBoundingClientRect().top,
      ),
    )
    return top === undefined ? Number.NaN : Math.round(top)
  }

  /** How far the list is from its end, in px. */
  async left(): Promise<number> {
    return await this.list.evaluate((element) =>
      Math.round(element.scrollHeight - element.clientHeight - element.scrollTop),
    )
  }

  /** The ids of the messages in the page. */
  async rows(): Promise<string[]> {
    return await this.page.evaluate(() =>
      Array.from(
        document.querySelectorAll<HTMLElement>('[data-key]'),
        (row) => row.dataset['key']!,
      ),
    )
  }

  /** How many messages the view holds. */
  async held(): Promise<number> {
    return await this.page.evaluate(() => window.listPage.session.getSnapshot().messages.length)
  }

  async showAround(messageId: string): Promise<void> {
    await this.page.evaluate((id) => window.listPage.showAround(id), messageId)
  }
}
