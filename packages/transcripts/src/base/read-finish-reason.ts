import { type FinishReason, isFinishReason } from '@caughtup/schema'

const names = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['completed', 'stop'],
  ['eos', 'stop'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_calls', 'tool-calls'],
  ['tool_use', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['refusal', 'content-filter'],
  ['incomplete', 'other'],
  ['pause_turn', 'other'],
  ['cancelled', 'interrupted'],
  ['user_stopped', 'interrupted'],
  ['failed', 'error'],
])

/** The finish reason for any provider's name of it; an unknown value is returned as it is. */
export function readFinishReason(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const reason = value.toLowerCase()
  return isFinishReason(reason) ? reason : (names.get(reason) ?? value)
}
