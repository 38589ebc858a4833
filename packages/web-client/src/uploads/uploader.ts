import { asChatError } from '../core/errors.ts'
import { resolveUrl, type UrlSource } from '../links/endpoint.ts'
import { errorOf } from '../links/json-codec.ts'
import { protocolHeaders } from '../links/link.ts'
import type { HeadersSource } from '../links/sse.ts'

/** Uploads a file, and returns what its `file` part needs. */
export type Upload = (
  file: File,
  options?: { signal?: AbortSignal | undefined },
) => Promise<UploadedFile>

/** As the server keeps it: the type and the name may differ from those of the file. */
export interface UploadedFile {
  /** Relative to the server's origin, so to that of a page of the same origin. */
  url: string
  mediaType: string
  filename?: string
  /** In bytes. */
  size: number
}

export interface UploaderOptions {
  /** The RPC endpoint over HTTP, as for `sse`: `/rpc`, `https://chat.example/rpc`. A function runs before each upload. */
  url: UrlSource
  /** The session that the files are for; a function runs before each upload, and may make the session. */
  sessionId: string | (() => string | Promise<string>)
  /** Sent with every upload; a function runs before each. @default none */
  headers?: HeadersSource
  /** Makes the requests. @default the platform's */
  fetch?: (request: Request) => Promise<Response>
}

/**
 * Uploads files to a server that has `attachments`, over HTTP, whatever the link of the client is.
 *
 * An upload rejects with a `ChatClientError`: `TOO_LARGE` and `BAD_INPUT` (`media-type`) if the server does
 * not take the file, `NETWORK` if it cannot be reached. Of an aborted one it is the reason of the signal.
 */
export function uploader({ url, sessionId, headers = {}, fetch }: UploaderOptions): Upload {
  return async (file, { signal } = {}) => {
    try {
      const session = typeof sessionId === 'function' ? await sessionId() : sessionId
      const target = new URL(await resolveUrl(url, signal))
      target.pathname = `${target.pathname.replace(/\/$/, '')}/attachments/${encodeURIComponent(session)}`
      if (file.name !== '') target.searchParams.set('filename', file.name)
      const given = typeof headers === 'function' ? await headers() : headers
      signal?.throwIfAborted()
      const request = new Request(target, {
        method: 'POST',
        headers: {
          ...given,
          ...protocolHeaders,
          'content-type': file.type || 'application/octet-stream',
        },
        body: file,
        // A redirect leads to a page and not to the server.
        redirect: 'manual',
        ...(signal && { signal }),
      })
      // The browser's fetch throws when it is called as a method of another object.
      const response = await (fetch ?? globalThis.fetch)(request)
      return await uploadedFile(response)
    } catch (error) {
      signal?.throwIfAborted()
      throw asChatError(error)
    }
  }
}

async function uploadedFile(response: Response): Promise<UploadedFile> {
  // A proxy's page is not JSON.
  const answer: unknown = await response.json().catch(() => undefined)
  const json = typeof answer === 'object' && answer && 'json' in answer ? answer.json : undefined
  if (response.ok && isUploadedFile(json)) return json
  throw errorOf(answer, response.ok ? 502 : response.status)
}

function isUploadedFile(value: unknown): value is UploadedFile {
  return (
    typeof value === 'object' &&
    value !== null &&
    'url' in value &&
    typeof value.url === 'string' &&
    'mediaType' in value &&
    typeof value.mediaType === 'string'
  )
}
