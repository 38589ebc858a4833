import * as z from 'zod'

import { activityRow } from '../model/activity.ts'
import { event } from '../event/event.ts'
import { count, id, timestamp } from '../base/id.ts'
import { message, runError } from '../model/message.ts'
import { queuedRun, run } from '../model/run.ts'
import { json } from '../base/json.ts'
import { unmerged } from './page.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import { contextUsage, usageLedger } from '../model/usage.ts'

/** An opaque cursor. Those of `cursor.ts` have at most 66 characters; the bound leaves room. */
export const wireCursor = z.string().max(128)

const replayMode = z.enum(['full', 'since', 'live'])
export type ReplayMode = z.infer<typeof replayMode>

/** Why the server replays in another mode than requested. */
const replayReason = z.enum(['cursor-unknown', 'cursor-ahead', 'cursor-expired', 'too-far-behind'])
export type ReplayReason = z.infer<typeof replayReason>

const endReason = z.enum(['session-deleted', 'shutting-down', 'forbidden', 'replaced'])
export type EndReason = z.infer<typeof endReason>

/** Sent every 5 s from the first moment, during a slow replay too. */
const heartbeat = z.object({ type: z.literal('heartbeat'), at: timestamp })

/** The only normal end of a stream: a stream without it was cut off. */
const end = z.object({ type: z.literal('end'), reason: endReason })

/** Opens a replay. In mode `full`, clients build a new view and show it from `caught-up` on. */
const replay = z.object({
  type: z.literal('replay'),
  /** The version of the protocol that the server speaks: `protocolVersion`. */
  protocol: count,
  mode: replayMode,
  reason: replayReason.exactOptional(),
  epoch: count,
})

/**
 * A live event that only appends text to part `part` of the message with this order: the same as an
 * `events` frame with one `message-delta` of one `append`. Nearly every frame of an answer is one.
 */
const text = z.object({
  type: z.literal('text'),
  seq: count,
  /** The first seq that it covers. @default `seq` */
  from: count.exactOptional(),
  order: count,
  part: count,
  text: z.string(),
})

/** Ends a replay; the stream is live from here on. */
const caughtUp = z.object({
  type: z.literal('caught-up'),
  mode: replayMode,
  cursor: wireCursor,
  epoch: count,
  hasOlder: z.boolean(),
  run: run.exactOptional(),
  queue: z.array(queuedRun),
  usage: usageLedger.exactOptional(),
  contextUsage: contextUsage.exactOptional(),
  lastModel: z.string().exactOptional(),
  lastThinkingLevel: z.string().exactOptional(),
  /** The error of the newest run, if it failed. */
  lastError: runError.exactOptional(),
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  /** How many hidden versions lie after the last message. */
  next: count,
  /** In mode `live`: the open messages, with all their parts. */
  open: z.array(message).exactOptional(),
  /**
   * In mode `full`: no message that was finished at this cursor was changed or removed since. A client
   * that is at it can keep its messages from before the window.
   */
  unchangedSince: wireCursor.exactOptional(),
  /** Why messages of the host's transcript may be missing. */
  unmerged: unmerged.exactOptional(),
})

const presenceObject = z.object({
  principal: z.string(),
  /** How many of its streams are open, or closed so recently that they may come back. */
  streams: count,
})
/** One who is watching a session. */
export interface Presence extends z.infer<typeof presenceObject> {}
/** The data of the transient with the name `presenceName`. */
export const presence: SchemaOf<Presence[]> = z.array(presenceObject)

/** Something of the moment, such as that somebody is typing: it is in no journal, and never replayed. */
const transient = z.object({
  type: z.literal('transient'),
  name: z.string(),
  data: json,
  /** The principal who sent it; absent if it is the agent's or the server's own. */
  from: z.string().exactOptional(),
})

const chatFrameUnion = z.discriminatedUnion('type', [
  replay,
  z.object({ type: z.literal('messages'), messages: z.array(message) }),
  z.object({ type: z.literal('events'), events: z.array(event) }),
  text,
  caughtUp,
  transient,
  heartbeat,
  end,
])
/** What `onChat` yields. `caught-up`, `events` and `text` may carry an event id: the cursor. */
export type ChatFrame = UnionOf<typeof chatFrameUnion>
export const chatFrame: SchemaOf<ChatFrame> = chatFrameUnion
export type ChatFrameOf<T extends ChatFrame['type']> = Extract<ChatFrame, { type: T }>

const activityFrameUnion = z.discriminatedUnion('type', [
  /** With `complete`, sessions that none of these frames lists before `caught-up` are gone. */
  z.object({ type: z.literal('activities'), rows: z.array(activityRow), complete: z.boolean() }),
  z.object({ type: z.literal('changed'), row: activityRow }),
  z.object({ type: z.literal('removed'), sessionId: id, revision: count }),
  z.object({ type: z.literal('caught-up'), cursor: wireCursor }),
  heartbeat,
  end,
])
/** What `activity.subscribe` yields. */
export type ActivityFrame = UnionOf<typeof activityFrameUnion>
export const activityFrame: SchemaOf<ActivityFrame> = activityFrameUnion
