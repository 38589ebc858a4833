import { type AgentPart, CaughtupError, type ProviderMetadata } from '@caughtup/schema'

import { mostCharacters, tooLarge } from './provider-error.ts'

type Kind = 'text' | 'reasoning'

/** A stretch of an answer's text, or of its reasoning, whose parts have one id. */
export class Stretch {
  readonly #kind: Kind
  readonly #id: string
  readonly #begin: { providerMetadata?: ProviderMetadata }
  #isOpen = false

  constructor(kind: Kind, id: string, providerMetadata?: ProviderMetadata) {
    this.#kind = kind
    this.#id = id
    this.#begin = providerMetadata ? { providerMetadata } : {}
  }

  get kind(): Kind {
    return this.#kind
  }

  *start(): Generator<AgentPart> {
    if (this.#isOpen) return
    this.#isOpen = true
    yield { type: `${this.#kind}-start`, id: this.#id, ...this.#begin }
  }

  *say(text: string): Generator<AgentPart> {
    if (text === '') return
    yield* this.start()
    yield { type: `${this.#kind}-delta`, id: this.#id, text }
  }

  *end(providerMetadata?: ProviderMetadata): Generator<AgentPart> {
    if (!this.#isOpen) return
    this.#isOpen = false
    yield { type: `${this.#kind}-end`, id: this.#id, ...(providerMetadata && { providerMetadata }) }
  }
}

/** A call whose input arrives bit by bit: JSON, or for custom tools a text. */
export class StreamedCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly #encoding: 'json' | 'text'
  #pieces: string[] = []
  #size = 0

  constructor(toolCallId: string, toolName: string, encoding: 'json' | 'text' = 'json') {
    this.toolCallId = toolCallId
    this.toolName = toolName
    this.#encoding = encoding
  }

  *start(): Generator<AgentPart> {
    const encoding = this.#encoding === 'text' && { inputEncoding: this.#encoding }
    yield { type: 'tool-input-start', id: this.toolCallId, toolName: this.toolName, ...encoding }
  }

  *add(delta: string): Generator<AgentPart> {
    if (delta === '') return
    this.#size += delta.length
    if (this.#size > mostCharacters) throw tooLarge(`The input of a call of ${this.toolName}`)
    this.#pieces.push(delta)
    yield { type: 'tool-input-delta', id: this.toolCallId, delta }
  }

  /** The call, or its error if the model wrote no JSON. */
  *end(providerMetadata?: ProviderMetadata): Generator<AgentPart> {
    const { toolCallId, toolName } = this
    const call = { toolCallId, toolName, ...(providerMetadata && { providerMetadata }) }
    const written = this.#pieces.join('')
    yield { type: 'tool-input-end', id: toolCallId }
    try {
      const isText = this.#encoding === 'text'
      const input: unknown = isText ? written : JSON.parse(written === '' ? '{}' : written)
      yield { type: 'tool-call', ...call, input }
    } catch (cause) {
      const error = new CaughtupError(
        'BAD_INPUT',
        'The input of the call is not JSON.',
        {},
        { cause },
      )
      yield { type: 'tool-error', ...call, error }
    }
  }
}

/** A file of the answer, if the URL has its content. */
export function* filePart(url: string): Generator<AgentPart> {
  const [, mediaType, base64] =
    /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,(.*)$/s.exec(url) ?? []
  if (mediaType !== undefined && base64 !== undefined) {
    yield { type: 'file', file: { mediaType, base64 } }
  }
}

/** The sources that an answer names, each URL once. */
export class Sources {
  readonly #urls = new Set<string>()

  add(url: string | undefined, title: string | undefined): AgentPart[] {
    if (url === undefined || this.#urls.has(url)) return []
    this.#urls.add(url)
    const named = title === undefined ? {} : { title }
    return [{ type: 'source', sourceType: 'url', id: url, url, ...named }]
  }
}
