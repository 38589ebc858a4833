import {
  convertToModelMessages,
  type DynamicToolUIPart,
  type streamText,
  type TextStreamPart,
  type ToolSet,
  type UIDataTypes,
  type UIMessage,
  type UIMessagePart,
  type UITools,
} from 'ai'

import type { AgentPart, IgnoredAgentPart } from './agent-part.ts'
import type { Message } from './message.ts'
import type { Part, ToolPart } from './part.ts'

type Assert<T extends true> = T
type Extends<A, B> = [A] extends [B] ? true : false
type IsNever<T> = Extends<T, never>

/** The members that any of a union has, but for those that can have no value. */
type Members<U> = U extends unknown
  ? { [K in keyof U]-?: IsNever<Exclude<U[K], undefined>> extends true ? never : K }[keyof U]
  : never
/** The members of theirs that ours lacks. */
type Lacking<Theirs, Ours> = Exclude<Members<Theirs>, Members<Ours>>

/** Existing components render our parts and messages as they are. */
export type OurPartIsTheirs = Assert<Extends<Part, UIMessagePart<UIDataTypes, UITools>>>
export type OurMessageIsTheirs = Assert<Extends<Message, UIMessage<Message['metadata']>>>

/** A tool call can be kept in every state that it has with them. */
export type TheirToolStateIsOurs = Assert<Extends<DynamicToolUIPart['state'], ToolPart['state']>>

/**
 * Every part of theirs is one of ours, with every member that it has. Two are left out: a steering
 * message, which is a message of its own here, and the `input` that they parse of a call's `rawInput`
 * as it streams.
 */
type TheirUiPart = Exclude<
  UIMessagePart<UIDataTypes, UITools>,
  { type: `data-${string}` | `tool-${string}` | 'dynamic-tool' | 'steering-message' }
>
type LackingOfPart = {
  [T in TheirUiPart['type']]: Lacking<Extract<TheirUiPart, { type: T }>, Extract<Part, { type: T }>>
}[TheirUiPart['type']]
export type NoUiMemberIsLost = Assert<IsNever<LackingOfPart>>
type LackingOfCall = {
  [S in ToolPart['state']]: Lacking<
    Extract<DynamicToolUIPart, { state: S }>,
    Extract<ToolPart, { state: S }>
  >
}
export type NoMemberOfACallIsLost = Assert<
  IsNever<Exclude<LackingOfCall[ToolPart['state']], 'input'>>
>
type Approval<P> = P extends { approval?: infer A } ? NonNullable<A> : never
export type NoMemberOfAnApprovalIsLost = Assert<
  IsNever<Lacking<Approval<DynamicToolUIPart>, Approval<ToolPart>>>
>

/** An agent returns `streamText(…).fullStream` as it is. */
type TheirStream = ReturnType<typeof streamText>['fullStream']
type TheirPart = TheirStream extends AsyncIterable<infer T> ? T : never
export type TheirPartIsAccepted = Assert<Extends<TheirPart, AgentPart | IgnoredAgentPart>>

/**
 * Of every part of their stream that is kept, every member is read, but for what is of no message:
 * what the request was and how it performed, and what a call that is not valid fails of, which its
 * `tool-error` says again.
 */
type Dropped = {
  'start-step': 'request' | 'warnings'
  'finish-step': 'response' | 'performance' | 'rawFinishReason' | 'providerMetadata'
  finish: 'rawFinishReason'
  abort: 'reason'
  'tool-call': 'dynamic' | 'invalid' | 'error'
  'tool-result': 'dynamic'
  'tool-error': 'dynamic'
  'tool-input-start': 'dynamic'
  'tool-output-denied': 'dynamic' | 'toolName' | 'providerExecuted'
  'tool-approval-response': 'providerExecuted'
}
type TheirKept = Exclude<TextStreamPart<ToolSet>, IgnoredAgentPart>
type LackingOfStream = {
  [T in TheirKept['type']]: Exclude<
    Lacking<Extract<TheirKept, { type: T }>, Extract<AgentPart, { type: T }>>,
    T extends keyof Dropped ? Dropped[T] : never
  >
}[TheirKept['type']]
export type NoStreamMemberIsLost = Assert<IsNever<LackingOfStream>>

/** What a snapshot and an agent's context hold becomes a model's input; only their array is copied. */
declare const messages: readonly Message[]
void convertToModelMessages([...messages])
