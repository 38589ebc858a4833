/** A way to keep answers while they are streamed, by number from 0. Each has a session of its own. */
export interface Layout {
  start(answer: number): Promise<void>
  append(answer: number, text: string): void
  finish(answer: number): Promise<void>
  /** Writes what still waits for its window. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** How long the layouts that gather wait, in ms: the store's own default. */
export const windowMs = 33
