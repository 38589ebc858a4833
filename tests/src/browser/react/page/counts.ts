/** What the components of the page count. */
export const counts = {
  /** Streams that the client opened. */
  streams: 0,
  /** What each of them asked for. */
  modes: [] as string[],
  /** Commits of each message's row, by React's Profiler. */
  rows: {} as Record<string, number>,
  /** Commits of the list of rows. */
  list: 0,
  /** How often the selected ids were another array. */
  selections: 0,
  /** How often the first slow component of the transition was drawn: once for each beginning of it. */
  beginnings: 0,
  /** Commits of the component that shows the whole snapshot, from the transition's start to its end. */
  meanwhile: 0,
  goOn: () => {},
  /** What the revealed text showed, commit by commit. */
  shown: [] as string[],
  /** What React repaired while it took over what a server had rendered. */
  repaired: [] as string[],
  setText: (_text: string, _done: boolean) => {},
}
