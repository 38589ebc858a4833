import { isRecord } from '../base/values.ts'
import type { Format } from '../conversation/format.ts'
import type { TranscriptFormat } from '../conversation/transcript.ts'
import { aiSdk4 } from './ai-sdk/ai-sdk-4.ts'
import { anthropic } from './anthropic/anthropic.ts'
import { chatgpt } from './openai/chatgpt.ts'
import { claudeCode } from './anthropic/claude-code.ts'
import { claude } from './anthropic/claude-export.ts'
import { langchain } from './langchain.ts'
import { librechat } from './librechat.ts'
import { model } from './ai-sdk/model-messages.ts'
import { openWebUi } from './open-webui.ts'
import { openai } from './openai/openai.ts'
import { responses } from './openai/responses.ts'
import { sharegpt } from './sharegpt.ts'
import { ui } from './ai-sdk/ui.ts'

/** All formats that are read, in the order in which they are tried. */
export const formats: Readonly<Record<TranscriptFormat, Format>> = {
  'claude-code': claudeCode,
  langchain,
  librechat,
  sharegpt,
  'ai-sdk-4': aiSdk4,
  ui,
  responses,
  model,
  anthropic,
  openai,
  chatgpt,
  claude,
  'open-webui': openWebUi,
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
export const formatNames = Object.keys(formats) as readonly TranscriptFormat[]

export function isFormat(name: string): name is TranscriptFormat {
  return Object.hasOwn(formats, name)
}

/** The format of a message, if it fits only one: a bare role and text fits several. */
export function formatOfMessage(value: unknown): TranscriptFormat | undefined {
  return isRecord(value) ? formatNames.find((name) => formats[name].isMessage?.(value)) : undefined
}

/** The format of a value that is a whole conversation. */
export function formatOfConversation(value: unknown): TranscriptFormat | undefined {
  return isRecord(value)
    ? formatNames.find((name) => formats[name].isConversation?.(value))
    : undefined
}
