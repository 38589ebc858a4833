import { Buffer } from 'node:buffer'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { onTestFinished } from 'vitest'

import type { Uploaded } from '../../src/attachments/attachment-uploads.ts'
import { diskAttachments } from '../../src/disk-attachments.ts'
import type { AttachmentOptions } from '../../src/host/attachments.ts'

/** The smallest PNG that browsers draw: one pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

export interface TestAttachments extends AttachmentOptions {
  /** The paths of all files below the folder, unfinished ones too. */
  files: () => string[]
}

/** Attachments on disk, in a folder of the test. */
export function testAttachments(options: Partial<AttachmentOptions> = {}): TestAttachments {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-attachments-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
  return { storage: diskAttachments({ folder }), files, ...options }
}

export interface UploadOptions {
  body?: NonNullable<RequestInit['body']>
  type?: string
  filename?: string
  headers?: Record<string, string>
}

interface AskOptions extends Omit<RequestInit, 'headers'> {
  /** `null` for nobody. */
  as?: string | null | undefined
  headers?: Record<string, string>
}

/** Uploads and reads as a principal. Both reject with the `code` and `data` of the answer. */
export function filesOf(
  fetch: (request: Request) => Promise<Response>,
  principal: string | undefined,
  url = 'http://chat.test',
) {
  const ask = async (target: string, { as = principal, headers, ...init }: AskOptions = {}) => {
    const caller = as === undefined || as === null ? {} : { 'x-principal': as }
    const request = new Request(new URL(target, url), {
      ...init,
      headers: { ...caller, ...headers },
    })
    const response = await fetch(request)
    if (response.ok) return response
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the form of all errors
    const { json } = (await response.json()) as { json: { message: string } }
    throw Object.assign(new Error(json.message), json)
  }
  const upload = async (
    sessionId: string,
    as = principal,
    { body = png, type = 'image/png', filename, headers = {} }: UploadOptions = {},
  ) => {
    const query = filename === undefined ? '' : `?filename=${encodeURIComponent(filename)}`
    const response = await ask(`/rpc/attachments/${sessionId}${query}`, {
      as,
      method: 'POST',
      body,
      headers: { 'content-type': type, ...headers },
      ...(body instanceof ReadableStream && { duplex: 'half' as const }),
    })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tests look at it
    const { json } = (await response.json()) as { json: Uploaded }
    return json
  }
  const read = (target: string, headers: Record<string, string> = {}) => ask(target, { headers })
  return { ask, upload, read }
}
