import * as z from 'zod'

import { finishReasons } from './finish-reason.ts'
import { count, id, timestamp } from '../base/id.ts'
import { part } from './part.ts'
import { json, type JsonObject, jsonObject } from '../base/json.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import type { InputOfDeclared, OutputOfDeclared } from './declared.ts'
import { contextUsage, usage } from './usage.ts'

/** How a message or a run ended. */
export const finishReason = z.enum(finishReasons)

const runErrorObject = z.object({ code: z.string(), message: z.string() })
/** What a client is told about a failed run: a stable code, and a message for people. */
export interface RunError extends z.infer<typeof runErrorObject> {}
export const runError: SchemaOf<RunError> = runErrorObject

/** How an epoch was opened, and by whom. */
export const boundaryKind = z.enum(['compaction', 'reset'])
export type BoundaryKind = z.infer<typeof boundaryKind>
export const boundaryTrigger = z.enum(['user', 'auto', 'idle'])
export type BoundaryTrigger = z.infer<typeof boundaryTrigger>

export const role = z.enum(['system', 'user', 'assistant'])

/** Facts that the host keeps with a message: a prompt brings them, and an agent adds to its answer's. */
export type CustomMetadata = OutputOfDeclared<'messageMetadata', JsonObject>
/** The same as callers give it. */
export type CustomMetadataInput = InputOfDeclared<'messageMetadata', JsonObject>
/** What an agent adds to it at a time. */
export type AddedMetadata =
  InputOfDeclared<'messageMetadata', Record<string, unknown>> extends infer All
    ? Partial<All>
    : never
export const customMetadata: SchemaOf<CustomMetadata> = jsonObject

/** Not narrowed to `SchemaOf`, so that others can check or pick single members. */
export const messageMetadata = z.object({
  createdAt: timestamp,
  finishedAt: timestamp.exactOptional(),
  /** The run that this message belongs to. */
  runId: id.exactOptional(),
  /** Of a user message: the id of the principal who sent it. */
  author: z.string().exactOptional(),
  model: z.string().exactOptional(),
  thinkingLevel: z.string().exactOptional(),
  usage: usage.exactOptional(),
  contextUsage: contextUsage.exactOptional(),
  finishReason: finishReason.exactOptional(),
  error: runError.exactOptional(),
  /** Set on the summary with which a compaction opens an epoch. */
  boundary: z.object({ kind: boundaryKind, trigger: boundaryTrigger }).exactOptional(),
  /**
   * Facts about an imported message that no other field holds; `id` is its id in the transcript it
   * came from, if that is not a valid message id.
   */
  foreign: z.record(z.string(), json).exactOptional(),
  /** The host's own. */
  custom: customMetadata.exactOptional(),
})
export interface MessageMetadata extends Omit<z.infer<typeof messageMetadata>, 'custom'> {
  custom?: CustomMetadata
}
const metadata: SchemaOf<MessageMetadata> = messageMetadata

/** The members of a version, for schemas that extend it. */
export const versionMembers = {
  /** Its place among them, by the order of their first messages: 1, 2, 3 … */
  index: count,
  /** How many there are, this one included. */
  count,
}
const versionObject = z.object(versionMembers)
/** Of several versions of what follows one place of a session, the one that is shown. */
export interface Version extends z.infer<typeof versionObject> {}
const version: SchemaOf<Version> = versionObject

const messageObject = z.object({
  id,
  /** Its place in the session: 1, 2, 3 …, given once and never changed. */
  order: count,
  role,
  parts: z.array(part),
  metadata,
  /** Seq of the newest event that changed it. */
  revision: count,
  epoch: count,
  status: z.enum(['open', 'done']),
  /**
   * On the first message of a version of which there are others: what an undo, a retry or a new prompt
   * in its place took away. They are kept hidden, and each can be chosen.
   */
  version: version.exactOptional(),
})
export interface Message extends z.infer<typeof messageObject> {}
export const message: SchemaOf<Message> = messageObject

/** A message before it is committed: the journal gives it its order, revision, epoch and version. */
export type MessageDraft = Omit<Message, 'order' | 'revision' | 'epoch' | 'version'>
