import type { FinishReason, UIMessageChunk } from 'ai'

import type { Message } from '../model/message.ts'
import { messageChunks } from './message-chunks.ts'
import type { UiChunk, UiFinishReason } from './ui-chunk.ts'

type Assert<T extends true> = T
type Extends<A, B> = [A] extends [B] ? true : false

/** What we make is a stream of theirs. */
export type OurChunkIsTheirs = Assert<Extends<UiChunk, UIMessageChunk>>
export type OurReasonIsTheirs = Assert<Extends<UiFinishReason, FinishReason>>

/** Every chunk of theirs that adds to a message is one of ours. */
type NotOfMessages =
  | 'finish-step'
  | 'reset-step'
  | 'abort'
  | 'tool-input-error'
  | 'steering-message'
export type TheirChunkIsOurs = Assert<
  Extends<Exclude<UIMessageChunk['type'], NotOfMessages>, UiChunk['type']>
>

declare const message: Message
void (messageChunks(undefined, message) satisfies UIMessageChunk[] | undefined)
