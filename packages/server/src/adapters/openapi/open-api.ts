import { createHash } from 'node:crypto'

import { protocolVersion } from '@caughtup/schema/protocol'

import {
  type Mount,
  type MountAnswer,
  type MountCall,
  normalisePath,
  type ProcedureClient,
} from '../../host/mount.ts'
import { isIterator } from '../../procedures/event-iterator.ts'
import { type DocumentOptions, type DocumentPlaces, openApiDocument } from './document.ts'
import { eventTexts } from './event-texts.ts'
import { summaries } from './operations.ts'

/** How callers of the API may say who they are: a Security Scheme Object of OpenAPI 3.1. */
export type SecurityScheme = { description?: string } & (
  | { type: 'http'; scheme: string; bearerFormat?: string }
  | { type: 'apiKey'; in: 'cookie' | 'header' | 'query'; name: string }
  | { type: 'openIdConnect'; openIdConnectUrl: string }
  | { type: 'oauth2'; flows: object }
  | { type: 'mutualTLS' }
)

export interface OpenApiOptions {
  /** Where the API is. @default /api */
  path?: string
  /**
   * The Info Object of the document. `version` is the API’s, for its readers.
   * @default the title `Chat`, and the version of the protocol
   */
  info?: { title: string; version: string; [more: string]: unknown }
  /**
   * Where the paths of the document begin: a part of them already is `path`.
   * @default the origin that the document came from
   */
  servers?: readonly { url: string; description?: string }[]
  /**
   * What the host’s `principal` accepts as credentials, each under a name; one of them is enough. It only
   * tells readers of the document.
   * @default a bearer token
   */
  security?: Readonly<Record<string, SecurityScheme>>
}

/**
 * The contract as an HTTP API for clients in any language: `POST <path>/<namespace>/<name>` calls a
 * procedure, with its input as the body and its output, or `{ code, message, data, … }`, as the answer.
 * Streams are server-sent events. `GET <path>/openapi.json` is its OpenAPI 3.1 document, for everybody.
 *
 * @example createChatServer({ …, mounts: [openApi()] })
 */
export function openApi({
  path = '/api',
  info = { title: 'Chat', version: String(protocolVersion) },
  servers = [{ url: '/' }],
  security = { bearer: { type: 'http', scheme: 'bearer' } },
}: OpenApiOptions = {}): Mount {
  const own = normalisePath(path)
  return {
    path: own,
    exposedHeaders: ['etag'],
    routes(chat) {
      const places: DocumentPlaces = {
        procedures: own === '/' ? '' : own,
        ...(chat.attachments !== undefined && { attachments: chat.attachments }),
      }
      const published = once(() => publication({ info, servers, security }, places))
      return [
        { method: 'GET', path: '/openapi.json', answer: async (call) => published()(call) },
        {
          method: 'HEAD',
          path: '/openapi.json',
          async answer(call) {
            const { status = 200, headers = {} } = published()(call)
            return { status, headers, ...(status === 200 && { text: '' }) }
          },
        },
        ...Object.keys(summaries).map((name) => ({
          method: 'POST' as const,
          path: `/${name.replace('.', '/')}`,
          answer: (call: MountCall) => answer(name, call),
        })),
      ]
    },
  }
}

/** Answers requests for the document. Copies of it are to be asked about before each use. */
function publication(
  options: DocumentOptions,
  places: DocumentPlaces,
): (call: Pick<MountCall, 'headers'>) => MountAnswer {
  const text = JSON.stringify(openApiDocument(options, places))
  const etag = `"${createHash('sha256').update(text).digest('base64url')}"`
  const headers = { etag, 'cache-control': 'no-cache' }
  return (call) => {
    const known = call.headers.get('if-none-match')?.split(/\s*,\s*/) ?? []
    const isKnown = known.some((one) => one === '*' || one.replace(/^W\//, '') === etag)
    if (isKnown) return { status: 304, headers }
    return { headers: { ...headers, 'content-type': 'application/json' }, text }
  }
}

async function answer(name: string, call: MountCall): Promise<MountAnswer> {
  const { signal } = call
  const lastEventId = call.headers.get('last-event-id') ?? undefined
  const procedure = procedureOf(call.client, name)
  const output = await procedure(await call.body(), { signal, lastEventId })
  return isIterator(output) ? { events: eventTexts(output) } : { json: output }
}

type Call = (
  input: unknown,
  options: { signal: AbortSignal; lastEventId: string | undefined },
) => Promise<unknown>

/** The name is one of the contract; the procedure checks the input. */
function procedureOf(client: ProcedureClient, name: string): Call {
  const found = name.split('.').reduce<unknown>((at, key) => Reflect.get(Object(at), key), client)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is under the name of a procedure is its function
  return found as Call
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}
