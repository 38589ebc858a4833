/** The events of AG-UI that are sent, as far as they are used. Optional members are absent, never null. */
export type AgUiEvent =
  | { type: 'RUN_STARTED'; threadId: string; runId: string }
  | { type: 'RUN_FINISHED'; threadId: string; runId: string; outcome: Outcome }
  | { type: 'RUN_ERROR'; message: string; code: string }
  | { type: 'MESSAGES_SNAPSHOT'; messages: AgUiMessage[] }
  | { type: 'STATE_SNAPSHOT'; snapshot: unknown }
  | { type: 'TEXT_MESSAGE_START'; messageId: string; role: 'assistant' }
  | { type: 'TEXT_MESSAGE_CONTENT'; messageId: string; delta: string }
  | { type: 'TEXT_MESSAGE_END'; messageId: string }
  | { type: 'REASONING_START'; messageId: string }
  | { type: 'REASONING_MESSAGE_START'; messageId: string; role: 'reasoning' }
  | { type: 'REASONING_MESSAGE_CONTENT'; messageId: string; delta: string }
  | { type: 'REASONING_MESSAGE_END'; messageId: string }
  | { type: 'REASONING_END'; messageId: string }
  | { type: 'TOOL_CALL_START'; toolCallId: string; toolCallName: string; parentMessageId: string }
  | { type: 'TOOL_CALL_ARGS'; toolCallId: string; delta: string }
  | { type: 'TOOL_CALL_END'; toolCallId: string }
  | {
      type: 'TOOL_CALL_RESULT'
      messageId: string
      toolCallId: string
      content: string
      role: 'tool'
    }
  | { type: 'CUSTOM'; name: string; value: unknown }

export type Outcome =
  | { type: 'success'; pendingToolCallIds?: string[] }
  | { type: 'interrupt'; interrupts: Interrupt[] }
  | { type: 'cancelled' }

/** An approval that a run waits for. */
export interface Interrupt {
  id: string
  reason: 'tool_approval'
  toolCallId: string
  message: string
  responseSchema: object
}

export type AgUiMessage =
  | { id: string; role: 'system'; content: string }
  | { id: string; role: 'user'; content: string | AgUiContent[] }
  | { id: string; role: 'reasoning'; content: string }
  | { id: string; role: 'assistant'; content?: string; toolCalls?: AgUiCall[] }
  | { id: string; role: 'tool'; toolCallId: string; content: string; error?: string }

export interface AgUiCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

export type AgUiContent =
  | { type: 'text'; text: string }
  | {
      type: 'image' | 'audio' | 'video' | 'document'
      source: { type: 'url'; value: string; mimeType: string }
    }
