import type { AgentPart, Message } from '@caughtup/schema'

import { patched } from './json-patch.ts'
import { statePart } from './part-events.ts'
import { isObject, type RemoteEvent } from './read-remote.ts'

/** Turns the events of a remote run into the parts of an answer. */
export class ToAgentParts {
  readonly #calls = new Map<string, { toolName: string; args: string }>()
  #state: unknown
  /** Whether the run has ended as the protocol says. */
  isOver = false

  /** @param messages - those of the run's context: calls that were made before are in the last one */
  constructor(messages: readonly Message[]) {
    this.#state = stateOf(messages)
    for (const part of messages.at(-1)?.parts ?? []) {
      if (part.type !== 'dynamic-tool') continue
      const args = 'input' in part ? JSON.stringify(part.input) : '{}'
      this.#calls.set(part.toolCallId, { toolName: part.toolName, args })
    }
  }

  /** @throws Error for `RUN_ERROR`; TypeError for an event that does not fit */
  *parts(event: RemoteEvent): Generator<AgentPart, void, undefined> {
    const { type } = event
    const id = text(event, 'messageId')
    switch (type) {
      case 'TEXT_MESSAGE_START':
        return yield { type: 'text-start', id }
      case 'TEXT_MESSAGE_CONTENT':
      case 'TEXT_MESSAGE_CHUNK':
        return yield { type: 'text-delta', id, text: text(event, 'delta') }
      case 'TEXT_MESSAGE_END':
        return yield { type: 'text-end', id }
      case 'REASONING_MESSAGE_START':
        return yield { type: 'reasoning-start', id }
      case 'REASONING_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CHUNK':
        return yield { type: 'reasoning-delta', id, text: text(event, 'delta') }
      case 'REASONING_MESSAGE_END':
        return yield { type: 'reasoning-end', id }
      case 'STEP_STARTED':
        return yield { type: 'start-step' }
      case 'STATE_SNAPSHOT':
        this.#state = event['snapshot']
        return yield this.#statePart()
      case 'STATE_DELTA':
        this.#state = patched(this.#state, list(event['delta']))
        return yield this.#statePart()
      case 'CUSTOM':
        return yield {
          type: `data-${text(event, 'name').replace(/^data-/, '')}`,
          data: event['value'],
        }
      case 'RUN_ERROR':
        throw new Error(`The remote agent failed: ${text(event, 'message')}`)
      case 'RUN_FINISHED':
        return yield* this.#finished(event['outcome'])
      default:
        if (typeof type === 'string' && type.startsWith('TOOL_CALL_'))
          yield* this.#call(type, event)
    }
  }

  *#call(type: string, event: RemoteEvent): Generator<AgentPart, void, undefined> {
    const toolCallId = text(event, 'toolCallId')
    const named = text(event, 'toolCallName')
    const call = this.#calls.get(toolCallId) ?? { toolName: named, args: '' }
    const delta = text(event, 'delta')
    switch (type) {
      case 'TOOL_CALL_START':
        this.#calls.set(toolCallId, { toolName: named, args: '' })
        return yield { type: 'tool-input-start', id: toolCallId, toolName: named }
      case 'TOOL_CALL_ARGS':
        this.#calls.set(toolCallId, { ...call, args: call.args + delta })
        return yield { type: 'tool-input-delta', id: toolCallId, delta }
      case 'TOOL_CALL_END':
        return yield { type: 'tool-call', ...called(toolCallId, call) }
      case 'TOOL_CALL_RESULT':
        return yield {
          type: 'tool-result',
          ...called(toolCallId, call),
          output: valueOf(contentOf(event)),
        }
    }
  }

  *#finished(outcome: unknown): Generator<AgentPart, void, undefined> {
    this.isOver = true
    const kind = isObject(outcome) ? outcome['type'] : undefined
    if (kind === 'cancelled') return yield { type: 'abort' }
    if (kind !== 'interrupt') return yield { type: 'finish', finishReason: 'stop' }
    for (const interrupt of list(isObject(outcome) ? outcome['interrupts'] : undefined)) {
      const toolCallId = text(interrupt, 'toolCallId')
      const call = this.#calls.get(toolCallId)
      if (!call)
        throw new TypeError('The remote agent asks for something that is no call of its own.')
      const toolCall = called(toolCallId, call)
      const reason = text(interrupt, 'message')
      yield { type: 'tool-approval-request', approvalId: text(interrupt, 'id'), toolCall, reason }
    }
  }

  #statePart(): AgentPart {
    return { type: statePart, id: 'state', data: this.#state }
  }
}

/** The state that the newest answers left. */
export function stateOf(messages: readonly Message[]): unknown {
  const parts = messages.flatMap((message) => message.parts)
  const found = parts.findLast((part) => part.type === statePart)
  return found && 'data' in found ? found.data : {}
}

function called(toolCallId: string, { toolName, args }: { toolName: string; args: string }) {
  return { toolCallId, toolName, input: valueOf(args === '' ? '{}' : args) }
}

function contentOf({ content }: RemoteEvent): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => text(part, 'text'))
    .join('')
}

function valueOf(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function list(value: unknown): RemoteEvent[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function text(event: RemoteEvent, member: string): string {
  const value = event[member]
  return typeof value === 'string' ? value : ''
}
