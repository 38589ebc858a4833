import { eventIterator } from '@orpc/contract'
import * as z from 'zod'

import { id } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import { chatFrame, wireCursor } from '../wire/frame.ts'
import { procedure } from './base.ts'

const onChatInputObject = z.strictObject({
  sessionId: id,
  mode: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('full') }),
    z.strictObject({ type: z.literal('since'), cursor: wireCursor }),
    z.strictObject({ type: z.literal('live') }),
  ]),
  /** A stream replaces an older one of the same principal and id. */
  streamId: id.exactOptional(),
})
export interface OnChatInput extends z.infer<typeof onChatInputObject> {}
export const onChatInput: SchemaOf<OnChatInput> = onChatInputObject

/** Replays a session in the mode asked for, then follows it live. */
export const onChat = procedure.input(onChatInput).output(eventIterator(chatFrame))
