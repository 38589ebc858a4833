import type { ImportedRow } from '@caughtup/store'

import type { TranscriptContext, TranscriptOptions } from '../../src/host/transcript.ts'

/** A transcript of another system, to which a test appends. */
export class ForeignTranscript {
  readonly rows: ImportedRow[] = []
  /** How often each function was called. */
  readonly calls = { probe: 0, read: 0 }
  /** Called before the transcript is read. */
  onRead: (context: TranscriptContext) => unknown = () => {}

  append(...texts: string[]): void {
    for (const text of texts) {
      const createdAt = 1_000 * (this.rows.length + 1)
      this.rows.push({ role: 'user', parts: [{ type: 'text', text }], createdAt })
    }
  }

  readonly options: TranscriptOptions = {
    probe: () => {
      this.calls.probe++
      return { rows: this.rows.length }
    },
    read: async (context) => {
      this.calls.read++
      const rows = [...this.rows]
      await this.onRead(context)
      return rows
    },
  }
}
