import type { Note } from '../../conversation/transcript.ts'
import type { Turns } from '../../conversation/turns.ts'
import type { ToolResult } from './read-block.ts'

/**
 * Adds tool results to their calls; one without an id goes to the oldest open call of its tool. A
 * result without a call is reported.
 *
 * @param bytes - the results' size in their file
 */
export function settle(
  turns: Turns,
  results: readonly ToolResult[],
  bytes: number,
  note: Note,
): void {
  for (const [index, { id: given, toolName, output, failed }] of results.entries()) {
    const id = given ?? turns.waiting(toolName)
    if (id === undefined || !turns.call(id)) {
      note.lost(
        `the result of a tool${given === undefined ? '' : ` (${given})`} has no earlier call and is dropped`,
      )
      continue
    }
    const text = typeof output === 'string' ? output : JSON.stringify(output)
    turns.answer(id, failed ? { errorText: text } : { output }, index === 0 ? bytes : 0)
  }
}
