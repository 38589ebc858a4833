import type { Note } from '../../conversation/transcript.ts'
import type { Turns } from '../../conversation/turns.ts'
import type { ToolResult } from './read-block.ts'

/**
 * Gives tools' answers to their calls, one without an id to the oldest call of its tool that waits.
 * An answer whose call is not there is told.
 *
 * @param bytes - what all of them took in their file
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
        `the answer of a tool${given === undefined ? '' : ` (${given})`} has no call before it and is not kept`,
      )
      continue
    }
    const text = typeof output === 'string' ? output : JSON.stringify(output)
    turns.answer(id, failed ? { errorText: text } : { output }, index === 0 ? bytes : 0)
  }
}
