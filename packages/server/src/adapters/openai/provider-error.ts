/**
 * Why a provider's stream is no whole answer. Clients see nothing of it unless `describeError` says something;
 * `onError` gets it.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  /**
   * `failed`: the provider said so; `cut-off`: the stream stopped before the answer's end; `malformed`: not
   * what the provider's API is documented to send; `too-large`: an event or a call of more than 32 MiB.
   */
  readonly code: 'failed' | 'cut-off' | 'malformed' | 'too-large'
  /** Of a failure: the provider's own code or type for it, such as `rate_limit_exceeded`. */
  readonly providerCode?: string
  /** Of a failure that was the response itself: its HTTP status. */
  readonly status?: number

  constructor(
    code: ProviderError['code'],
    message: string,
    more: { providerCode?: string; status?: number; cause?: unknown } = {},
  ) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined)
    this.code = code
    if (more.providerCode !== undefined) this.providerCode = more.providerCode
    if (more.status !== undefined) this.status = more.status
  }
}

/** Longest event, and longest input of a call, in characters: an image is in one event. */
export const mostCharacters = 32 * 1024 * 1024

export function tooLarge(what: string): ProviderError {
  return new ProviderError('too-large', `${what} has more than ${mostCharacters} characters.`)
}
