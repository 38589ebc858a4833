import { isRecord } from './bad-value.ts'
import type { Format, TranscriptFormat } from './format.ts'
import { aiSdk4 } from './formats/ai-sdk-4.ts'
import { anthropic } from './formats/anthropic/format.ts'
import { chatgpt } from './formats/chatgpt.ts'
import { claudeCode } from './formats/claude-code.ts'
import { claude } from './formats/claude-export.ts'
import { langchain } from './formats/langchain.ts'
import { librechat } from './formats/librechat.ts'
import { model } from './formats/model-messages.ts'
import { openWebUi } from './formats/open-webui.ts'
import { openai } from './formats/openai/format.ts'
import { responses } from './formats/responses.ts'
import { sharegpt } from './formats/sharegpt.ts'
import { ui } from './formats/ui/format.ts'

/** All formats that are read, in the order in which a message or a conversation is tried. */
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

/** The format of which a message is for certain: plain text under a role looks the same in several. */
export function formatOfMessage(value: unknown): TranscriptFormat | undefined {
  return isRecord(value) ? formatNames.find((name) => formats[name].isMessage?.(value)) : undefined
}

/** The format of which a value is a whole conversation. */
export function formatOfConversation(value: unknown): TranscriptFormat | undefined {
  return isRecord(value)
    ? formatNames.find((name) => formats[name].isConversation?.(value))
    : undefined
}
