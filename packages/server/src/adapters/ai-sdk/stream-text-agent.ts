import type { Message } from '@caughtup/schema'
import {
  convertToModelMessages,
  isStepCount,
  type ModelMessage,
  streamText,
  type TextStreamPart,
  type ToolSet,
} from 'ai'

import type { Agent, AgentContext, AgentStream } from '../../host/agent.ts'

/** As many steps as the AI SDK's own agent takes. */
const mostSteps = 20

type StreamTextOptions<TOOLS extends ToolSet> = Parameters<typeof streamText<TOOLS>>[0]
type Reasoning = NonNullable<StreamTextOptions<ToolSet>['reasoning']>

/**
 * The options of the AI SDK's `streamText`, except for what a run brings: its messages, its signal and, unless
 * `reasoning` is given, how much the model should think.
 */
export type StreamTextAgentOptions<TOOLS extends ToolSet = ToolSet> = Omit<
  StreamTextOptions<TOOLS>,
  'tools' | 'prompt' | 'messages' | 'allowSystemInMessages' | 'abortSignal'
> & {
  /**
   * A call that `toolApproval` leaves to a person waits for one, and a call of a tool without `execute` for a
   * client: the run waits, and goes on with the answer.
   */
  tools?: TOOLS
  /**
   * What the model gets, in place of the session's messages: shortened, for instance, or with what was looked
   * up. The last message must stay the last, or a run that goes on does not see its answered calls.
   *
   * @default await convertToModelMessages(context.messages, { tools })
   */
  messages?: ModelMessage[]
  /**
   * When a run makes no further step after a tool's result.
   *
   * @default isStepCount(20)
   */
  stopWhen?: StreamTextOptions<TOOLS>['stopWhen']
  /**
   * Changes a step before it is made. Prompts that steer are taken before and are in its `messages`; what it
   * returns as `messages` is kept for later steps.
   */
  prepareStep?: StreamTextOptions<TOOLS>['prepareStep']
  /**
   * Size of the model's context window in tokens, for the context meter and compactions.
   *
   * @default the server's `contextLimit`
   */
  contextLimit?: number
}

/**
 * An agent that answers with the AI SDK's `streamText`: it sends the session's messages with their files, tool
 * results and provider metadata, lets tools wait for approvals and clients, takes prompts that steer
 * between steps, goes on where a lost process stopped, and stops with its run. Errors of the model end
 * the run; `onError` of the server gets them.
 *
 * @param options - of every run, or a function that returns those of one; it may choose by `context.model`,
 *   `context.thinkingLevel` or `context.principal`
 */
export function streamTextAgent<TOOLS extends ToolSet = ToolSet>(
  options:
    | StreamTextAgentOptions<TOOLS>
    | ((
        context: AgentContext,
      ) => StreamTextAgentOptions<TOOLS> | Promise<StreamTextAgentOptions<TOOLS>>),
): Agent {
  return async (context) =>
    start(context, typeof options === 'function' ? await options(context) : options)
}

async function start<TOOLS extends ToolSet>(
  context: AgentContext,
  { contextLimit, ...options }: StreamTextAgentOptions<TOOLS>,
): Promise<AgentStream> {
  const { messages, tools, prepareStep } = options
  const read = (more: Message[]) => convertToModelMessages(more, tools && { tools })
  const over = new AbortController()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Omit` has made one object type of streamText's options, of which this has all
  const whole = {
    stopWhen: isStepCount(mostSteps),
    // The error is a part of the stream, too, and the server reports it.
    onError: () => undefined,
    ...reasoningOf(context),
    ...options,
    messages: messages ?? (await read(context.messages)),
    allowSystemInMessages: true,
    abortSignal: AbortSignal.any([context.signal, over.signal]),
    prepareStep: async (step) => {
      const taken = await context.steer(step.stepNumber)
      if (taken.length === 0) return prepareStep?.(step)
      const steered = [...step.messages, ...(await read(taken))]
      const prepared = await prepareStep?.({ ...step, messages: steered })
      return { ...prepared, messages: prepared?.messages ?? steered }
    },
  } as StreamTextOptions<TOOLS>
  return reported(streamText(whole).stream, over, contextLimit)
}

/** The stream's parts. Once nobody reads it any more, the model and its tools are stopped. */
async function* reported<TOOLS extends ToolSet>(
  stream: AsyncIterable<TextStreamPart<TOOLS>>,
  over: AbortController,
  contextLimit: number | undefined,
): AgentStream {
  try {
    for await (const part of stream) {
      yield part.type === 'finish' && contextLimit !== undefined ? { ...part, contextLimit } : part
    }
  } finally {
    over.abort()
  }
}

const levels: ReadonlySet<string> = new Set<Reasoning>([
  'provider-default',
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
])

/** The prompt's level, if it is one that the AI SDK knows. */
function reasoningOf({ thinkingLevel }: AgentContext): { reasoning?: Reasoning } {
  return isLevel(thinkingLevel) ? { reasoning: thinkingLevel } : {}
}

function isLevel(level: string | undefined): level is Reasoning {
  return level !== undefined && levels.has(level)
}
