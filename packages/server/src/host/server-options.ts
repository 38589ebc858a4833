import { type ChatSchemas, type Limits, preview, type Register } from '@caughtup/schema'
import { defaultAssistantName } from '@caughtup/schema/notice'
import { type OnError, resolveOnError, type Store } from '@caughtup/store'

import type { Agent } from './agent.ts'
import {
  type AttachmentOptions,
  resolveAttachments,
  type ResolvedAttachments,
} from './attachments.ts'
import { assertSchemas } from './declared.ts'
import { carefulDescribe, type DescribeError } from './describe-error.ts'
import { type Mount, normalisePath, resolveMounts } from './mount.ts'
import type { Price } from './price.ts'
import type { Can, Principal } from './principal.ts'
import { type HookOptions, resolveHooks, type ResolvedHooks } from './hooks.ts'
import type { ChatRequest } from './principal.ts'
import type { Summarise } from './summarise.ts'
import type { Title } from './title.ts'
import { type ResolvedTranscript, resolveTranscript, type TranscriptOptions } from './transcript.ts'

/** The schemas are not optional where {@link Register} promises them to the types. */
export type DeclaredOptions = Register extends { schemas: infer Schemas }
  ? { schemas: Schemas }
  : object

export interface ChatServerOptions {
  /**
   * Stores everything, and supplies the limits. The server does not close it. Use it for one chat
   * server at a time: a second one in the same process would end the first one's runs as lost.
   */
  store: Store
  agent: Agent
  /** Without it, `history.compact` answers `BAD_INPUT`. */
  summarise?: Summarise
  /**
   * Names sessions without a title after their first prompt, in the background: no prompt waits for it.
   * One that fails, returns nothing or takes longer than a minute leaves the default.
   * @default the first line of the prompt, up to 60 characters
   */
  title?: Title
  /**
   * Identifies the caller by the request's headers or URL; `undefined` is answered with
   * `UNAUTHORIZED`. On a WebSocket it gets the handshake, once per call, so credentials can expire.
   */
  principal: (request: ChatRequest) => Principal | undefined | Promise<Principal | undefined>
  /**
   * Narrows what members may do. Only `true` grants; a refusal is answered with `NOT_FOUND`, and an
   * error with `INTERNAL_SERVER_ERROR` and a call of `onError`.
   * @default everything
   */
  can?: Can
  /**
   * What the application declares of its own data: principals, metadata, data parts, tools. What comes in
   * is validated with it, and stored as the schemas make it: of clients, `BAD_INPUT` answers what they
   * refuse; of the agent, a wrong tool call becomes one that failed, and another wrong part ends the run
   * with an error. Needed if `Register` has the types.
   * @default any JSON
   */
  schemas?: ChatSchemas
  /** Called when a run has ended or waits, at least once each. Without one, nothing is written for them. */
  hooks?: HookOptions
  /** Files that members upload to sessions. Without it, a file of a prompt is in its URL, or elsewhere. */
  attachments?: AttachmentOptions
  /** Another system that appends to the same conversations. Without it, nothing is merged. */
  transcript?: TranscriptOptions
  /**
   * What a model's usage costs: `usage.get`, streams and the snapshots of clients have the cost then.
   * It is asked anew whenever a ledger is sent, so that prices can change; it must be quick.
   */
  price?: Price
  /** Decides who may read `server.stats`; only `true` grants. @default nobody */
  stats?: (principal: Principal) => boolean | Promise<boolean>
  /** The assistant's name in notices; a blank one means the default. @default 'Assistant' */
  assistantName?: string
  /** The model for prompts that name none. The agent gets it, and lists show it. */
  model?: string
  /** Size of the model's context window, in tokens; used unless the agent's `finish` part names it. */
  contextLimit?: number
  /**
   * Compacts by itself: a prompt waits for a compaction first if the context takes up this share of
   * the model's window, above 0 and at most 1, as far as both are known. Of retries and resends the
   * context is kept. If the compaction fails, the prompt runs without it. Needs `summarise`.
   * @default never
   */
  compactAt?: number
  /**
   * Compacts sessions that nobody uses: those in which nothing has happened for `after` ms (no run, no
   * prompt, no other change; above 0) and whose context takes up the share `at` of the model's window, as
   * for `compactAt`. Prompts that come meanwhile wait. A compaction that fails is tried again when
   * `after` has passed once more. At most two at once run in a process. Needs `summarise`, which gets no
   * `principal`: look up the session's owner if it needs one.
   * @default never
   */
  compactIdle?: { after: number; at: number }
  /**
   * How long a process may be silent before it is presumed dead, in ms. Its runs end within twice that.
   * @default 5000
   */
  lease?: number
  /**
   * What becomes of the run of a process that died: it ends as `lost`, or another process continues it in
   * its answer. Choose `continue` if the agent can go on from its own unfinished answer, the last message
   * of its context then; `attempt` tells. Calls without a result have failed by then, but an approved one
   * is made, perhaps again: tools need to know their `toolCallId`. A run that was lost more than three
   * times ends as `lost`, and so do compactions.
   * @default 'end'
   */
  onLost?: 'end' | 'continue'
  /** Longest time between two heartbeats of a stream, in ms. @default 5000 */
  heartbeat?: number
  /**
   * How often open streams are checked, in ms: one whose principal is no longer a member, or to which
   * `can` no longer answers `true`, ends with `forbidden`. Removals are noticed at once besides. A `can`
   * that throws is reported, and the stream stays until it answers.
   * @default 30000
   */
  recheck?: number
  /** How long a client may leave a frame unread before its stream is closed, in ms. @default 60000 */
  stuckAfter?: number
  /**
   * How long `close` lets runs continue before it interrupts them, in ms. `close` finishes at most 3 s
   * after that, and the `close` of `serve` at most 5 s after that.
   * @default 5000
   */
  drain?: number
  /** The path that the server answers under; the WebSocket is at `<path>/ws`. @default '/rpc' */
  path?: string
  /**
   * Origins whose pages may call from other hosts, as browsers send them (`https://example.org`).
   * Pages of the request's own host always may, and so may programs other than browsers, which send
   * neither `Origin` nor `Sec-Fetch-Site`.
   * @default []
   */
  origins?: readonly string[]
  /**
   * Hosts that requests may name in their `Host` header: with a port, or without one for any port.
   * `'any'` allows all. Loopback names (`localhost`, `127.0.0.1`, `[::1]`) are always allowed.
   *
   * By default, connections to a loopback address may use only loopback names, so that pages cannot
   * reach a server on this machine under a name of their own (DNS rebinding); other connections may
   * use any name, and so may requests to `fetch`, which does not see the connection. Behind a proxy
   * on the same machine that passes the `Host` on, name the public hosts here.
   */
  hosts?: readonly string[] | 'any'
  /**
   * Other protocols for the same sessions, each at a path of its own: `aiSdk()` of `@caughtup/server/ai-sdk`
   * and the like, or your own {@link Mount}.
   * @default []
   */
  mounts?: readonly Mount[]
  /** Gets every error whole, including those of agents and tools. @default `console.error` */
  onError?: OnError
  /**
   * Supplies the message that clients see for an error of an agent, a tool or `summarise`. It is
   * stored with the answer, and the model reads that of a tool. For `undefined`, clients see the
   * message of a `CaughtupError`, and otherwise a neutral one.
   */
  describeError?: DescribeError
}

type Optional =
  | 'attachments'
  | 'summarise'
  | 'can'
  | 'model'
  | 'contextLimit'
  | 'compactAt'
  | 'compactIdle'
  | 'title'
  | 'price'
  | 'transcript'
  | 'hosts'

const chatServerDefaults = {
  assistantName: defaultAssistantName,
  lease: 5_000,
  onLost: 'end',
  heartbeat: 5_000,
  recheck: 30_000,
  stuckAfter: 60_000,
  drain: 5_000,
  path: '/rpc',
} satisfies Partial<ChatServerOptions>

/** The options with every default filled in. */
export interface Settings
  extends Required<Omit<ChatServerOptions, Optional>>, Pick<ChatServerOptions, Optional> {
  limits: Readonly<Limits>
  hooks: ResolvedHooks
  attachments?: ResolvedAttachments
  transcript?: ResolvedTranscript
}

/** @throws TypeError if an option is missing or has the wrong type */
export function resolveOptions(options: ChatServerOptions): Settings {
  assertType('store', options.store, 'object')
  assertType('agent', options.agent, 'function')
  assertType('principal', options.principal, 'function')
  for (const name of [
    'can',
    'stats',
    'summarise',
    'onError',
    'describeError',
    'price',
    'title',
  ] as const) {
    if (options[name] !== undefined) assertType(name, options[name], 'function')
  }
  for (const name of ['runEnded', 'runWaiting'] as const) {
    const hook = options.hooks?.[name]
    if (hook !== undefined) assertType(`hooks.${name}`, hook, 'function')
  }
  assertSchemas(options.schemas ?? {})
  assertCompacts(options)
  const onError = resolveOnError(options.onError)
  const path = normalisePath(options.path ?? chatServerDefaults.path)
  const { attachments, transcript, ...given } = options
  return {
    ...given,
    schemas: options.schemas ?? {},
    hooks: resolveHooks(options.hooks),
    ...(attachments !== undefined && { attachments: resolveAttachments(attachments) }),
    ...(transcript !== undefined && { transcript: resolveTranscript(transcript) }),
    stats: options.stats ?? (() => false),
    assistantName: options.assistantName?.trim() || chatServerDefaults.assistantName,
    lease: options.lease ?? chatServerDefaults.lease,
    onLost: options.onLost ?? chatServerDefaults.onLost,
    heartbeat: options.heartbeat ?? chatServerDefaults.heartbeat,
    recheck: options.recheck ?? chatServerDefaults.recheck,
    stuckAfter: options.stuckAfter ?? chatServerDefaults.stuckAfter,
    drain: options.drain ?? chatServerDefaults.drain,
    limits: options.store.limits,
    path,
    origins: options.origins ?? [],
    mounts: resolveMounts(options.mounts ?? [], path),
    onError,
    describeError: carefulDescribe(options.describeError, onError),
  }
}

function assertType(name: string, value: unknown, type: 'object' | 'function'): void {
  if (typeof value === type && value !== null) return
  throw new TypeError(
    `createChatServer: \`${name}\` must be a ${type === 'object' ? 'store' : 'function'}, not ${preview(value)}.`,
  )
}

function assertCompacts({ compactAt, compactIdle, summarise }: ChatServerOptions): void {
  if (compactAt !== undefined) assertShare('compactAt', compactAt)
  if (compactIdle !== undefined) {
    const { after, at }: typeof compactIdle = Object(compactIdle)
    if (typeof after !== 'number' || !(after > 0 && after < Infinity)) {
      throw new TypeError(
        `createChatServer: \`compactIdle.after\` must be a number of ms above 0, not ${preview(after)}.`,
      )
    }
    assertShare('compactIdle.at', at)
  }
  if (summarise) return
  for (const [name, value] of Object.entries({ compactAt, compactIdle })) {
    if (value !== undefined) {
      throw new TypeError(`createChatServer: \`${name}\` needs \`summarise\`.`)
    }
  }
}

function assertShare(name: string, share: number): void {
  if (typeof share === 'number' && share > 0 && share <= 1) return
  throw new TypeError(
    `createChatServer: \`${name}\` must be a number above 0 and at most 1, not ${preview(share)}.`,
  )
}
