import type { AgUiCall, AgUiEvent } from '../../../src/adapters/ag-ui/ag-ui-event.ts'

/** A message as far as it is compared. */
interface Known {
  id: string
  role: string
  content?: unknown
  toolCalls?: readonly AgUiCall[]
}

/** What a client of AG-UI makes of the events of one run, and the rules that it holds them to. */
export class AgUiClient {
  messages: readonly Known[] = [{ id: 'u1', role: 'user', content: 'Go' }]
  state: unknown
  readonly events: AgUiEvent[] = []
  readonly #open = new Set<string>()
  #isOver = false

  /** @throws Error for an event that cannot come now */
  take(event: AgUiEvent): void {
    this.events.push(event)
    if (this.#isOver) throw new Error(`${event.type} comes after the end.`)
    if ((event.type === 'RUN_STARTED') !== (this.events.length === 1)) {
      throw new Error(`${event.type} is event ${this.events.length}.`)
    }
    switch (event.type) {
      case 'RUN_FINISHED':
        this.#isOver = true
        return this.#assertClosed(event)
      case 'RUN_ERROR':
        this.#isOver = true
        return
      case 'MESSAGES_SNAPSHOT':
        this.#assertClosed(event)
        this.messages = event.messages
        return
      case 'STATE_SNAPSHOT':
        this.state = event.snapshot
        return
      case 'TEXT_MESSAGE_START':
        this.#begin(`text ${event.messageId}`)
        return this.#put(event.messageId, 'assistant', {})
      case 'TEXT_MESSAGE_CONTENT':
        this.#assertOpen(`text ${event.messageId}`)
        return this.#add(event.messageId, event.delta)
      case 'TEXT_MESSAGE_END':
        return this.#end(`text ${event.messageId}`)
      case 'REASONING_START':
        return this.#begin(`stretch ${event.messageId}`)
      case 'REASONING_MESSAGE_START':
        this.#assertOpen(`stretch ${event.messageId}`)
        this.#begin(`reasoning ${event.messageId}`)
        return this.#put(event.messageId, 'reasoning', {})
      case 'REASONING_MESSAGE_CONTENT':
        this.#assertOpen(`reasoning ${event.messageId}`)
        return this.#add(event.messageId, event.delta)
      case 'REASONING_MESSAGE_END':
        return this.#end(`reasoning ${event.messageId}`)
      case 'REASONING_END':
        return this.#end(`stretch ${event.messageId}`)
      case 'TOOL_CALL_START': {
        const { toolCallId: id, toolCallName: name, parentMessageId } = event
        this.#begin(`call ${id}`)
        const toolCalls = this.#find(parentMessageId)?.toolCalls ?? []
        if (toolCalls.some((one) => one.id === id)) return
        const call: AgUiCall = { id, type: 'function', function: { name, arguments: '' } }
        return this.#put(parentMessageId, 'assistant', { toolCalls: [...toolCalls, call] })
      }
      case 'TOOL_CALL_ARGS':
        this.#assertOpen(`call ${event.toolCallId}`)
        return this.#addArguments(event.toolCallId, event.delta)
      case 'TOOL_CALL_END':
        return this.#end(`call ${event.toolCallId}`)
      case 'TOOL_CALL_RESULT':
        this.#assertNot(`call ${event.toolCallId}`)
        return this.#put(event.messageId, 'tool', { content: event.content })
      case 'RUN_STARTED':
      case 'CUSTOM':
    }
  }

  /** What is shown, in its order; results of calls are in that of the calls, or as they came. */
  shown() {
    const results = this.messages.filter(({ role }) => role === 'tool')
    const others = this.messages.filter(({ role }) => role !== 'tool')
    const sorted = results.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return [...others, ...sorted].map(({ id, role, content = '', toolCalls = [] }) => {
      const made = toolCalls.map((call) => {
        const input: unknown = JSON.parse(call.function.arguments)
        return [call.id, call.function.name, input]
      })
      return [id, role, content, made]
    })
  }

  #find(id: string): Known | undefined {
    return this.messages.find((one) => one.id === id)
  }

  /** What is known under the id keeps its place. */
  #put(id: string, role: string, more: Partial<Known>): void {
    const index = this.messages.findIndex((one) => one.id === id)
    const message = { ...this.messages[index], id, role, ...more }
    this.messages = index < 0 ? [...this.messages, message] : this.messages.with(index, message)
  }

  #add(id: string, delta: string): void {
    const { role = '', content } = this.#find(id) ?? {}
    this.#put(id, role, { content: typeof content === 'string' ? content + delta : delta })
  }

  #addArguments(callId: string, delta: string): void {
    this.messages = this.messages.map((message) => {
      const toolCalls = message.toolCalls?.map((call) => {
        if (call.id !== callId) return call
        const { name, arguments: before } = call.function
        return { ...call, function: { name, arguments: before + delta } }
      })
      return { ...message, ...(toolCalls && { toolCalls }) }
    })
  }

  #begin(what: string): void {
    this.#assertNot(what)
    this.#open.add(what)
  }

  #end(what: string): void {
    this.#assertOpen(what)
    this.#open.delete(what)
  }

  #assertOpen(what: string): void {
    if (!this.#open.has(what)) throw new Error(`${what} was not opened.`)
  }

  #assertNot(what: string): void {
    if (this.#open.has(what)) throw new Error(`${what} is open.`)
  }

  #assertClosed({ type }: AgUiEvent): void {
    if (this.#open.size > 0) throw new Error(`${[...this.#open].join()} is open at ${type}.`)
  }
}
