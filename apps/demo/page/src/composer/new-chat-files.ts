import type { FilePart, Upload } from '@caughtup/react-ui'
import type { Prompt } from '@caughtup/web-client'

/**
 * Files of a chat that is not there yet. They wait in the page until the first prompt makes the chat, so that
 * one that is never sent leaves no empty chat behind.
 */
export class NewChatFiles {
  readonly #waiting = new Map<string, File>()
  readonly #stored = new Map<string, FilePart>()

  readonly hold: Upload = async (file) => {
    const url = `waiting:${this.#waiting.size + 1}`
    this.#waiting.set(url, file)
    return { url, mediaType: file.type, filename: file.name }
  }

  /** The prompt with its files stored. If one of them fails, a second call does not store the others again. */
  async stored(prompt: Prompt, store: Upload): Promise<Prompt> {
    if (!('parts' in prompt)) return prompt
    const parts = await Promise.all(
      prompt.parts.map(async (part) => (part.type === 'file' ? this.#store(part, store) : part)),
    )
    return { ...prompt, parts }
  }

  async #store(part: FilePart, store: Upload): Promise<FilePart> {
    const file = this.#waiting.get(part.url)
    if (!file) return part
    const before = this.#stored.get(part.url)
    if (before) return before
    const { url, mediaType } = await store(file, { signal: new AbortController().signal })
    const stored: FilePart = { ...part, url, mediaType }
    this.#stored.set(part.url, stored)
    return stored
  }
}
