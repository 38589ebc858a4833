import { type AgentPart, CaughtupError, type ChatSchemas, type ToolSchemas } from '@caughtup/schema'

import { declaredValue } from '../host/declared.ts'

type ToolCall = Extract<AgentPart, { type: 'tool-call' }>

/** Holds the parts of an agent's stream against what the host declares, one stream. */
export class DeclaredParts {
  readonly #schemas: ChatSchemas
  /** Calls that failed because of their input. */
  readonly #refused = new Set<string>()

  constructor(schemas: ChatSchemas) {
    this.#schemas = schemas
  }

  /**
   * The part with its values as the schemas make them. Tool calls are of a model's making: one of an
   * unknown tool or with a wrong input becomes a call that failed, which the model reads.
   *
   * @throws CaughtupError `BAD_INPUT` for other parts that are not as declared
   */
  async take(part: AgentPart): Promise<AgentPart> {
    switch (part.type) {
      case 'tool-call':
        return this.#call(part)
      case 'tool-result': {
        const tool = this.#toolOf(part)
        if (!tool) return part
        const { outputSchema } = tool
        const output = await declaredValue(outputSchema, part.output, `${part.toolName}.output`)
        return { ...part, ...(await this.#inputOf(part, tool)), output }
      }
      case 'tool-approval-request':
      case 'tool-approval-response': {
        const { toolCall } = part
        const tool = this.#toolOf(toolCall)
        if (!tool) return part
        return { ...part, toolCall: { ...toolCall, ...(await this.#inputOf(toolCall, tool)) } }
      }
      default:
        return 'data' in part ? this.data(part) : part
    }
  }

  async #call(call: ToolCall): Promise<AgentPart> {
    const { tools } = this.#schemas
    if (!tools) return call
    try {
      return {
        ...call,
        input: await declaredValue(this.#declared(call).inputSchema, call.input, 'input'),
      }
    } catch (error) {
      if (!(error instanceof CaughtupError)) throw error
      this.#refused.add(call.toolCallId)
      return { ...call, type: 'tool-error', error }
    }
  }

  /** The tool of a part that is about a call; `undefined` if no tools are declared. */
  #toolOf(about: { toolCallId: string; toolName: string }): ToolSchemas | undefined {
    if (!this.#schemas.tools) return undefined
    if (!this.#refused.has(about.toolCallId)) return this.#declared(about)
    const message = `The agent went on with a call of ${about.toolName} whose input was refused.`
    throw new CaughtupError('BAD_INPUT', message, { field: 'toolCallId', value: about.toolCallId })
  }

  #declared({ toolName }: { toolName: string }): ToolSchemas {
    const { tools = {} } = this.#schemas
    const tool = Object.hasOwn(tools, toolName) ? tools[toolName] : undefined
    if (tool) return tool
    throw undeclared('toolName', toolName, 'tool')
  }

  async #inputOf({ toolName, input }: { toolName: string; input?: unknown }, tool: ToolSchemas) {
    if (input === undefined) return {}
    return { input: await declaredValue(tool.inputSchema, input, `${toolName}.input`) }
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
  const message = `The server declares no ${what} of this name: ${name}`
  return new CaughtupError('BAD_INPUT', message, { field, value: name })
}
