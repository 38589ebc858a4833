import type { PromptPart, Session } from '@caughtup/schema'
import { background } from '@caughtup/schema/clock'

import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'

/** Length of a title in UTF-16 units: about what a list shows in one line. */
const titleUnits = 60

/**
 * How long the host's `title` may take, in ms: a session gets its name while its first answer is
 * read, or keeps the one that it has.
 */
const patience = 60_000

/** Names an untitled session after its first prompt, and lets the host's `title` find a better name. */
export class SessionTitle {
  readonly #settings: Settings
  readonly #closing: AbortSignal
  /** Sessions for which the host is being asked. */
  readonly #asking = new Set<string>()

  /** @param closing - aborted when the server closes */
  constructor(settings: Settings, closing: AbortSignal) {
    this.#settings = settings
    this.#closing = closing
  }

  /** Waits for the name after the first line alone. Never rejects: the prompt is accepted. */
  async name(
    { id, title }: Session,
    parts: PromptPart[],
    principal: Pick<Principal, 'id'>,
  ): Promise<void> {
    if (title !== '') return
    const line = firstLine(parts.find((part) => part.type === 'text')?.text ?? '')
    const name = shortened(line, titleUnits)
    if (name !== '' && !(await this.#rename(id, name, ''))) return
    void this.#ask(id, name, { parts, principal: { id: principal.id } })
  }

  /** Asks the host, and replaces the name that the session has until then. */
  async #ask(
    sessionId: string,
    given: string,
    prompt: { parts: PromptPart[]; principal: Principal },
  ): Promise<void> {
    const { title, store, onError } = this.#settings
    if (!title || this.#asking.has(sessionId) || this.#closing.aborted) return
    this.#asking.add(sessionId)
    const late = new AbortController()
    const cancel = background(store.clock).after(patience, () => late.abort())
    const signal = AbortSignal.any([late.signal, this.#closing])
    try {
      const over = new Promise<undefined>((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined), { once: true })
      })
      const asked = Promise.resolve(title({ sessionId, ...structuredClone(prompt), signal }))
      const line = firstLine((await Promise.race([asked, over])) ?? '')
      if (signal.aborted || line === '') return
      await this.#rename(sessionId, shortened(line, store.limits.titleLength), given)
    } catch (error) {
      if (!signal.aborted) onError(error, 'titling a session')
    } finally {
      cancel()
      this.#asking.delete(sessionId)
    }
  }

  /** Renames a session that has the title `from`; returns whether it has the new one now. */
  async #rename(sessionId: string, title: string, from: string): Promise<boolean> {
    const { store, onError } = this.#settings
    try {
      const session = await store.sessions.update(sessionId, { title, ifTitle: from })
      return session.title === title.toWellFormed()
    } catch (error) {
      onError(error, 'titling a session')
      return false
    }
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.trim() ?? ''
}

/** Shortens a line to `most` UTF-16 units, without cutting a character (grapheme) in two. */
function shortened(line: string, most: number): string {
  if (line.length <= most) return line
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(line.slice(0, 2 * most))) {
    if (kept.length + segment.length >= most) break
    kept += segment
  }
  return `${kept}…`
}
