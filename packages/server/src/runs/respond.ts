import {
  CaughtupError,
  type EventDraft,
  type Message,
  preview,
  type RespondInput,
  type ToolPart,
} from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'

import type { CallLimit } from '../access/call-limit.ts'
import { declaredValue } from '../host/declared.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import { openAnswer } from './open-answer.ts'
import { attempts } from './run-queue.ts'
import type { Runs } from './runs.ts'

/**
 * Takes the answers to tool calls that a run waits for. Each call is answered once, by whoever commits
 * first; with the last one the run goes on in this process.
 */
export class Respond {
  readonly #settings: Settings
  readonly #runs: Runs
  readonly #rate: CallLimit

  constructor(settings: Settings, runs: Runs, rate: CallLimit) {
    this.#settings = settings
    this.#runs = runs
    this.#rate = rate
  }

  /**
   * Returns whether the run goes on: not while another of its calls waits.
   *
   * @throws CaughtupError `LIMIT_EXCEEDED`; `NOT_FOUND` for an unknown call; `BAD_INPUT` for an
   *   answer that does not fit it; `TOO_LARGE`; `CONFLICT` (`run-not-waiting`, `answered`)
   */
  async respond(
    sessionId: string,
    input: RespondInput,
    principal: Principal,
  ): Promise<{ resumed: boolean }> {
    await this.#rate.take(principal.id)
    const { store, limits } = this.#settings
    const { runId, toolCallId } = input
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { head, open } = await store.head(sessionId)
      const { run } = head
      const message = openAnswer(open, runId)
      if (run?.id !== runId || !message) throw notWaiting(runId)
      const index = message.parts.findLastIndex(
        (part) => part.type === 'dynamic-tool' && part.toolCallId === toolCallId,
      )
      const call = message.parts[index]
      if (call?.type !== 'dynamic-tool') throw unknownCall(toolCallId)
      if (!isAwaited(call)) throw answered(toolCallId)
      if (run.status !== 'waiting') throw notWaiting(runId)
      const value = answerTo(call, await this.#declared(call, input))
      const answer: Message = { ...message, parts: message.parts.with(index, value) }
      assertFits(answer, limits.messageBytes)
      const put = {
        type: 'message-delta' as const,
        messageId: message.id,
        ops: [{ op: 'put' as const, part: index, value }],
      } satisfies EventDraft
      const guard = {
        is: 'awaiting-tool',
        runId,
        message: { id: message.id, revision: message.revision },
      } as const
      const resumed = !answer.parts.some(isAwaited)
      if (resumed) {
        const author = principal.id
        const change = { type: 'run-changed', runId, status: 'streaming', author } as const
        const goesOn = await this.#runs.goOn(sessionId, {
          run,
          answer,
          drafts: [put, change],
          guard,
        })
        if (goesOn) return { resumed }
      } else {
        const { refused } = await store.append({ sessionId, drafts: [put], guard })
        if (refused === undefined) return { resumed }
      }
      // Another call was answered meanwhile, or this one: look again.
    }
    throw new CaughtupError('UNAVAILABLE', `Run ${runId} is too busy to accept an answer.`)
  }

  /** The answer with its output as the host declares it; calls of before the declaration stay free. */
  async #declared({ toolName }: ToolPart, input: RespondInput): Promise<RespondInput> {
    if (!('output' in input)) return input
    const { tools = {} } = this.#settings.schemas
    const tool = Object.hasOwn(tools, toolName) ? tools[toolName] : undefined
    return { ...input, output: await declaredValue(tool?.outputSchema, input.output, 'output') }
  }
}

/** @throws CaughtupError `BAD_INPUT` for an approval of a call that wants a result, or the other way */
function answerTo(call: Extract<ToolPart, { state: string }>, input: RespondInput): ToolPart {
  if (call.state === 'approval-requested') {
    if (!('approved' in input)) throw unfit(input, 'has to be approved or denied')
    const { approved, reason } = input
    const approval = { ...call.approval, approved, ...(reason !== undefined && { reason }) }
    return { ...call, state: 'approval-responded', approval }
  }
  if (call.state !== 'input-available') throw answered(call.toolCallId)
  if ('output' in input) return { ...call, state: 'output-available', output: input.output ?? null }
  if ('error' in input) return { ...call, state: 'output-error', errorText: input.error }
  throw unfit(input, 'wants an output or an error')
}

function assertFits({ parts, metadata: { custom } }: Message, limit: number): void {
  const counted = custom ? [parts, custom] : [parts]
  const bytes = counted.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)), 0)
  if (bytes <= limit) return
  throw new CaughtupError(
    'TOO_LARGE',
    `The answer has ${bytes} bytes with this output; at most ${limit} are allowed (messageBytes).`,
    { field: 'output', limit },
  )
}

function unfit({ toolCallId }: RespondInput, what: string): CaughtupError {
  return new CaughtupError('BAD_INPUT', `Tool call ${preview(toolCallId)} ${what}.`, {
    field: 'toolCallId',
    value: preview(toolCallId),
    reason: 'unfit-answer',
  })
}

function unknownCall(toolCallId: string): CaughtupError {
  return new CaughtupError('NOT_FOUND', `The run has no tool call ${preview(toolCallId)}.`, {
    field: 'toolCallId',
    value: preview(toolCallId),
  })
}

function answered(toolCallId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Tool call ${preview(toolCallId)} has an answer already.`, {
    field: 'toolCallId',
    value: preview(toolCallId),
    reason: 'answered',
  })
}

function notWaiting(runId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Run ${preview(runId)} does not wait for an answer.`, {
    field: 'runId',
    value: preview(runId),
    reason: 'run-not-waiting',
  })
}
