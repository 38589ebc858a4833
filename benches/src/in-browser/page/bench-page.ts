declare global {
  interface Window {
    benchPage: BenchPage
  }
}

/** What a bench does with a page, and reads from it. */
export interface BenchPage {
  /** Sends the prompt that is answered with so many tokens. */
  ask(): void
  /** Whether the answer has ended and is shown. */
  done(): boolean
  /** The text of the newest message as the document shows it. */
  lastText(): string
  /** How often rows were drawn by React. */
  rows: number
  /** How often the page heard of something new. */
  notifications: number
  /** Of the main thread since the prompt, in ms: those above 50. */
  longTasks: number[]
}

const page = { rows: 0, notifications: 0, longTasks: [] as number[] }

/** The page's figures; those that look at the document are the same for all sides. */
export function announce(side: Pick<BenchPage, 'ask' | 'done'>): BenchPage {
  let askedAt = Infinity
  const observer = new PerformanceObserver((list) => {
    for (const { duration, startTime } of list.getEntries()) {
      if (startTime >= askedAt) page.longTasks.push(duration)
    }
  })
  observer.observe({ type: 'longtask' })
  const lastText = () => document.querySelector('#root > :last-child')?.textContent ?? ''
  const ask = () => {
    askedAt = performance.now()
    side.ask()
  }
  window.benchPage = Object.assign(page, { lastText, ask, done: side.done })
  return window.benchPage
}

export function countRow(): void {
  page.rows += 1
}

export function countNotification(): void {
  page.notifications += 1
}
