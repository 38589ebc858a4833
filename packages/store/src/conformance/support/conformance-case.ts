/** One requirement of an engine or a bus. */
export interface ConformanceCase {
  /** The group, and a fact in the present tense. */
  title: string
  /** Rejects with an AssertionError if it is not met. */
  run: () => Promise<void>
}
