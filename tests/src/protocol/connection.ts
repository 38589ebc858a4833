/** One connection of the examples: what is sent on it, and what comes back, line by line. */
export interface Connection {
  send(lines: readonly string[]): Promise<void>
  /**
   * As many lines as the document has, and no fewer; with `all`, whatever comes until the server
   * falls silent.
   */
  receive(documented: readonly string[], all: boolean): Promise<string[]>
  /** Rejects when something has arrived that nobody asked for. */
  expectNothingMore(): Promise<void>
  /** Breaks it as a failing network would. */
  lose(): void
  /** Rejects unless the server has ended what it sends. */
  expectOver(): Promise<void>
}

/** How long the server is silent before it has said everything, in ms; for updating only. */
export const silence = 200

/** How long something that the document promises may take, in ms. */
const patience = 5_000

export type Waited<T> = { value: T } | 'silent'

export async function within<T>(promise: Promise<T>, ms: number): Promise<Waited<T>> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'silent'>((resolve) => {
    timer = setTimeout(() => resolve('silent'), ms)
  })
  try {
    return await Promise.race([promise.then((value) => ({ value })), timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** What the document promises has to come. */
export async function promised<T>(promise: Promise<T>, what: string): Promise<T> {
  const waited = await within(promise, patience)
  if (waited === 'silent') throw new Error(`Nothing came for ${patience} ms, instead of ${what}`)
  return waited.value
}

/** The method, path, headers and body of a request as the document writes it. */
export function parseRequest(lines: readonly string[]) {
  const [start = '', ...rest] = lines
  const [method = '', target = ''] = start.split(' ')
  const blank = rest.indexOf('')
  const head = blank < 0 ? rest : rest.slice(0, blank)
  const headers = Object.fromEntries(head.map((line) => line.split(/: (.*)/).slice(0, 2)))
  const body = blank < 0 ? undefined : rest.slice(blank + 1).join('\n')
  return { method, target, headers: headers as Record<string, string>, body }
}
