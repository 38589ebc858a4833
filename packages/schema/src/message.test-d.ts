import type {
  DynamicToolUIPart,
  streamText,
  UIDataTypes,
  UIMessage,
  UIMessagePart,
  UITools,
} from 'ai'

import type { AgentPart, IgnoredAgentPart } from './agent-part.ts'
import type { Message } from './message.ts'
import type { Part, ToolPart } from './part.ts'

type Assert<T extends true> = T
type Extends<A, B> = [A] extends [B] ? true : false

/** Existing components render our parts and messages as they are. */
export type OurPartIsTheirs = Assert<Extends<Part, UIMessagePart<UIDataTypes, UITools>>>
export type OurMessageIsTheirs = Assert<Extends<Message, UIMessage<Message['metadata']>>>

/** A tool call can be kept in every state that it has with them. */
export type TheirToolStateIsOurs = Assert<Extends<DynamicToolUIPart['state'], ToolPart['state']>>

/** An agent returns `streamText(…).fullStream` as it is. */
type TheirStream = ReturnType<typeof streamText>['fullStream']
type TheirPart = TheirStream extends AsyncIterable<infer T> ? T : never
export type TheirPartIsAccepted = Assert<Extends<TheirPart, AgentPart | IgnoredAgentPart>>
