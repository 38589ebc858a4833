import { ORPCError } from '@orpc/server'
import {
  flattenHeader,
  type StandardHeaders,
  type StandardLazyRequest,
  type StandardResponse,
} from '@orpc/standard-server'

import type { Access } from '../access/access.ts'
import type { CallLimit } from '../access/call-limit.ts'
import { crossOrigin } from '../access/cross-origin.ts'
import type { RequestGuard } from '../access/request-guard.ts'
import { notFound, shuttingDown } from '../errors/call-errors.ts'
import { toWireError } from '../errors/wire-error.ts'
import type { ResolvedAttachments } from '../host/attachments.ts'
import type { ChatRequest } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import { AttachmentReads } from './attachment-reads.ts'
import { AttachmentUploads } from './attachment-uploads.ts'
import { attachmentPlace, attachmentsPath, uploadPlace } from './attachment-url.ts'

/** A request as the transports read it, with the bytes of its body instead of a value. */
export interface AttachmentRequest extends Omit<StandardLazyRequest, 'body'> {
  bytes: AsyncIterable<Uint8Array> | undefined
}

interface AttachmentRouteParts {
  access: Access
  guard: RequestGuard
  rate: CallLimit
  start: () => void
  closing: AbortSignal
}

/** Uploads and reads attachments over HTTP: the requests that carry bytes instead of JSON. */
export class AttachmentRoute {
  readonly #settings: Settings
  readonly #parts: AttachmentRouteParts
  readonly #uploads: AttachmentUploads
  readonly #reads: AttachmentReads

  constructor(settings: Settings, attachments: ResolvedAttachments, parts: AttachmentRouteParts) {
    this.#settings = settings
    this.#parts = parts
    this.#uploads = new AttachmentUploads(settings, attachments, parts)
    this.#reads = new AttachmentReads(settings, attachments, parts.access)
  }

  /** Preflights are answered like those of procedures. */
  handles({ method, url }: Pick<AttachmentRequest, 'method' | 'url'>): boolean {
    return method !== 'OPTIONS' && url.pathname.startsWith(attachmentsPath(this.#settings.path))
  }

  async answer(request: AttachmentRequest, caller: ChatRequest): Promise<StandardResponse> {
    const answered = await this.#answer(request, caller).catch((error: unknown) =>
      this.#failure(error, request),
    )
    const { headers, ...response } = answered
    return {
      ...response,
      headers: { ...headers, ...crossOrigin(request.headers, this.#settings.origins) },
    }
  }

  async #answer(request: AttachmentRequest, caller: ChatRequest): Promise<StandardResponse> {
    const { method, url, headers, bytes } = request
    const { path } = this.#settings
    const { guard, access, closing, start } = this.#parts
    const uploadTo = uploadPlace(path, url.pathname)
    const place = attachmentPlace(path, url.pathname)
    if (uploadTo === undefined && !place) return notFound()
    const allowed = place ? 'GET' : 'POST'
    if (method !== allowed)
      return refusal(new ORPCError('METHOD_NOT_SUPPORTED'), { allow: `${allowed}, OPTIONS` })
    guard.assertClient(request, caller)
    if (closing.aborted) throw shuttingDown()
    start()
    const principal = await access.caller(caller)
    const signal = request.signal ?? new AbortController().signal
    if (place)
      return this.#reads.read(principal, place, { range: flattenHeader(headers['range']), signal })
    const length = flattenHeader(headers['content-length'])
    const uploaded = await this.#uploads.take(principal, {
      sessionId: uploadTo ?? '',
      contentType: flattenHeader(headers['content-type']),
      filename: url.searchParams.get('filename'),
      length: length === undefined ? undefined : Number(length),
      body: bytes,
      signal,
    })
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: { json: uploaded } }
  }

  #failure(error: unknown, { signal }: AttachmentRequest): StandardResponse {
    // Nobody would read the answer.
    const isGone = signal?.aborted === true
    const where = 'a request for an attachment'
    return refusal(toWireError(error, where, isGone ? () => {} : this.#settings.onError))
  }
}

function refusal(
  error: ORPCError<string, unknown>,
  headers: StandardHeaders = {},
): StandardResponse {
  const { status } = error
  return {
    status,
    headers: { ...headers, 'cache-control': 'no-store' },
    body: { json: error.toJSON() },
  }
}
