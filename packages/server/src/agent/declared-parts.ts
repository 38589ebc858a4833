import {
  type AgentPart,
  CaughtupError,
  type ChatSchemas,
  type CustomMetadata,
  preview,
  type ToolSchemas,
} from '@caughtup/schema'

import { declaredObject, declaredValue } from '../host/declared.ts'

type Said<T extends AgentPart['type']> = Extract<AgentPart, { type: T }>

/** Holds the parts of an agent's stream against what the host declares, one stream. */
export class DeclaredParts {
  readonly #schemas: ChatSchemas
  readonly #custom: () => CustomMetadata
  /** Ids of the newest calls that were refused here. */
  readonly #refused = new Set<string>()

  /** @param custom - the metadata that the answer has by now */
  constructor(schemas: ChatSchemas, custom: () => CustomMetadata) {
    this.#schemas = schemas
    this.#custom = custom
  }

  /**
   * The part with its values as the schemas make them. Tool calls are of a model's making: one of an
   * unknown tool or with a wrong input becomes a call that failed, which the model reads. `undefined` for
   * what the AI SDK says of such a call besides: that it failed.
   *
   * @throws CaughtupError `BAD_INPUT` for other parts that are not as declared
   */
  async take(part: AgentPart): Promise<AgentPart | undefined> {
    if (part.type === 'tool-call') return this.#call(part)
    if (part.type === 'tool-error') return this.#refused.has(part.toolCallId) ? undefined : part
    if (part.type === 'tool-result') return this.#result(part)
    if (part.type === 'tool-approval-request' || part.type === 'tool-approval-response') {
      return { ...part, toolCall: await this.#described(part.toolCall) }
    }
    if (part.type === 'message-metadata') return this.#metadata(part)
    return 'data' in part ? this.data(part) : part
  }

  async #call(call: Said<'tool-call'>): Promise<AgentPart> {
    const { tools } = this.#schemas
    if (!tools) return call
    try {
      const { inputSchema } = this.#declared(call)
      const input = await declaredValue(inputSchema, call.input, 'input')
      // Models reuse ids.
      this.#refused.delete(call.toolCallId)
      return { ...call, input }
    } catch (error) {
      if (!(error instanceof CaughtupError)) throw error
      this.#refused.add(call.toolCallId)
      return { ...call, type: 'tool-error', error }
    }
  }

  async #result(result: Said<'tool-result'>): Promise<AgentPart> {
    const described = await this.#described(result)
    if (!this.#schemas.tools) return described
    const { outputSchema } = this.#declared(result)
    const field = `${result.toolName}.output`
    return { ...described, output: await declaredValue(outputSchema, result.output, field) }
  }

  /** What a part says of a call, with the input as it is declared. */
  async #described<T extends { toolCallId: string; toolName: string; input?: unknown }>(
    about: T,
  ): Promise<T> {
    const { toolCallId, toolName, input } = about
    if (!this.#schemas.tools) return about
    if (this.#refused.has(toolCallId)) throw refusedBefore(about)
    const { inputSchema } = this.#declared(about)
    if (input === undefined) return about
    return { ...about, input: await declaredValue(inputSchema, input, `${toolName}.input`) }
  }

  async #metadata(part: Said<'message-metadata'>): Promise<AgentPart> {
    const { messageMetadata: schema } = this.#schemas
    if (!schema) return part
    const whole = { ...this.#custom(), ...part.messageMetadata }
    return { ...part, messageMetadata: await declaredObject(schema, whole, 'messageMetadata') }
  }

  #declared({ toolName }: { toolName: string }): ToolSchemas {
    const { tools = {} } = this.#schemas
    const tool = Object.hasOwn(tools, toolName) ? tools[toolName] : undefined
    if (tool) return tool
    throw undeclared('toolName', toolName, 'tool')
  }

  /** @throws CaughtupError `BAD_INPUT` for data that is not as declared */
  async data<T extends { type: string; data?: unknown }>(part: T): Promise<T> {
    const { data: schemas } = this.#schemas
    if (!schemas) return part
    const name = part.type.slice('data-'.length)
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined
    if (!schema) throw undeclared('type', part.type, 'data part')
    return { ...part, data: await declaredValue(schema, part.data, part.type) }
  }
}

function undeclared(field: string, name: string, what: string): CaughtupError {
  const value = preview(name)
  const message = `The server declares no ${what} of this name: ${value}`
  return new CaughtupError('BAD_INPUT', message, { field, value })
}

function refusedBefore({ toolCallId, toolName }: { toolCallId: string; toolName: string }) {
  const message = `The agent went on with a call of ${preview(toolName)} whose input was refused.`
  const value = preview(toolCallId)
  return new CaughtupError('BAD_INPUT', message, { field: 'toolCallId', value })
}
