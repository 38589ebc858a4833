/** A way to store answers while they stream. Answers count from 0, each in its own session. */
export interface Layout {
  start(answer: number): Promise<void>
  append(answer: number, text: string): void
  finish(answer: number): Promise<void>
  /** Writes the tokens that still wait for their window. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** The window of the layouts that gather tokens, in ms: the store's default. */
export const windowMs = 33
