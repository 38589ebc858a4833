import type { streamText, UIMessage, UIMessagePart, UIDataTypes, UITools } from 'ai'

import type { AgentPart, IgnoredAgentPart } from './agent-part.ts'
import type { Message } from './message.ts'
import type { Part } from './part.ts'

type Assert<T extends true> = T
type Extends<A, B> = [A] extends [B] ? true : false

/** Existing components render our parts and messages as they are. */
export type OurPartIsTheirs = Assert<Extends<Part, UIMessagePart<UIDataTypes, UITools>>>
export type OurMessageIsTheirs = Assert<Extends<Message, UIMessage<Message['metadata']>>>

/** An agent returns `streamText(…).fullStream` as it is. */
type TheirStream = ReturnType<typeof streamText>['fullStream']
type TheirPart = TheirStream extends AsyncIterable<infer T> ? T : never
export type TheirPartIsAccepted = Assert<Extends<TheirPart, AgentPart | IgnoredAgentPart>>
