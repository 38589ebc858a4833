import { Buffer } from 'node:buffer'

import { CaughtupError, type Message, type Part } from '@caughtup/schema'

import { type AttachmentPlace, attachmentPlace } from '../attachments/attachment-url.ts'
import { stored } from '../attachments/storage-calls.ts'
import type { ResolvedAttachments, StoredAttachment } from '../host/attachments.ts'
import type { Settings } from '../host/server-options.ts'

type FilePart = Extract<Part, { type: 'file' }>

/**
 * The bytes of a session's attachments for its agent: a model's provider cannot read a URL of this server,
 * which has no host and needs the member's credentials.
 */
export class AttachedFiles {
  readonly #settings: Pick<Settings, 'store' | 'attachments' | 'path' | 'onError'>
  readonly #sessionId: string

  constructor(
    settings: Pick<Settings, 'store' | 'attachments' | 'path' | 'onError'>,
    sessionId: string,
  ) {
    this.#settings = settings
    this.#sessionId = sessionId
  }

  /**
   * The messages with data URLs in place of this server's own. An attachment that is gone, that its author
   * may not read or that does not fit into `contextBytes` becomes a text that names it; the newest come
   * first.
   *
   * @throws CaughtupError `UNAVAILABLE` if the storage fails
   */
  async fill(messages: readonly Message[], signal: AbortSignal): Promise<Message[]> {
    const { attachments } = this.#settings
    if (!attachments) return [...messages]
    const filled = [...messages]
    let bytesLeft = attachments.contextBytes
    for (const [index, message] of [...messages.entries()].toReversed()) {
      if (!message.parts.some((part) => this.#placeOf(part))) continue
      const parts: Part[] = []
      for (const part of message.parts) {
        const place = this.#placeOf(part)
        if (part.type !== 'file' || !place) {
          parts.push(part)
          continue
        }
        const found = await this.#find(attachments, message, place, signal)
        if (found && found.size <= bytesLeft) {
          bytesLeft -= found.size
          parts.push({ ...part, mediaType: found.mediaType, url: await this.#dataUrl(found) })
        } else parts.push(inWords(part, found ? 'too large to be read here' : 'not available'))
      }
      filled[index] = { ...message, parts }
    }
    return filled
  }

  #placeOf(part: Part): AttachmentPlace | undefined {
    return part.type === 'file' ? attachmentPlace(this.#settings.path, part.url) : undefined
  }

  async #find(
    { storage }: ResolvedAttachments,
    message: Message,
    { sessionId, id }: AttachmentPlace,
    signal: AbortSignal,
  ): Promise<StoredAttachment | undefined> {
    if (!(await this.#mayRead(message, sessionId))) return undefined
    return stored(() => storage.get(sessionId, id, { signal }), this.#settings)
  }

  /** A prompt may name an attachment of another session, as those of a fork do: only one of its author's. */
  async #mayRead({ metadata }: Message, sessionId: string): Promise<boolean> {
    if (sessionId === this.#sessionId) return true
    const { sessions } = this.#settings.store
    const reader = metadata.author ?? (await sessions.members(this.#sessionId))[0]
    if (reader === undefined) return false
    try {
      await sessions.get(sessionId, reader)
      return true
    } catch (error) {
      if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return false
      throw error
    }
  }

  async #dataUrl(found: StoredAttachment): Promise<string> {
    const chunks: Uint8Array[] = []
    await stored(async () => {
      for await (const chunk of found.bytes()) chunks.push(chunk)
    }, this.#settings)
    return `data:${found.mediaType};base64,${Buffer.concat(chunks).toString('base64')}`
  }
}

function inWords({ filename, mediaType }: FilePart, what: string): Part {
  const name = filename === undefined ? 'A file' : `The file ${JSON.stringify(filename)}`
  return { type: 'text', text: `[${name} (${mediaType}) is ${what}.]`, state: 'done' }
}
