const KiB = 1024
const MiB = 1024 * KiB

/** Every limit that a deployment can set, with its unit; `defaultLimits` has the defaults. */
export interface Limits {
  /** Text of one prompt, in UTF-8 bytes. @default 256 KiB */
  promptBytes: number
  /** Parts of one message. @default 1,000 */
  messageParts: number
  /** One whole message, in bytes of JSON. @default 16 MiB */
  messageBytes: number
  /** Body of one request, or one WebSocket message, in bytes. @default 1 MiB */
  bodyBytes: number
  /** Title of a session, in characters. @default 200 */
  titleLength: number
  /** Metadata of a session, or the host's of a message, in bytes of JSON. @default 16 KiB */
  metadataBytes: number
  /** Members of one session, its owner among them. @default 100 */
  membersPerSession: number
  /** Messages of a page or rows of a list if the call has no `limit`. @default 50 */
  pageDefault: number
  /** Most messages of a page or rows of a list. @default 200 */
  pageMost: number
  /** Bytes of JSON of a page of messages or of journal entries, which always has at least one. @default 1 MiB */
  pageBytes: number
  /** Messages of the window that a new client gets. @default 100 */
  windowMessages: number
  /** Bytes of JSON of that window, which always has at least one message. @default 1 MiB */
  windowBytes: number
  /** Target size of a frame in bytes of JSON; a larger message still travels in one frame. @default 32 KiB */
  frameBytes: number
  /** Open streams of one principal. @default 32 */
  streamsPerPrincipal: number
  /** Pages, lists and searches that one principal reads at once, until they are sent, and forks and erasures; others wait. @default 4 */
  readsPerPrincipal: number
  /** Unanswered calls of one WebSocket; above that the server stops reading from it. @default 64 */
  callsPerSocket: number
  /** Bytes buffered for one WebSocket; above that the server stops reading from it. @default 4 MiB */
  bytesPerSocket: number
  /** Versions kept of what follows one message, the shown one included; the oldest go first. @default 20 */
  versionsPerPlace: number
  /** Runs that wait in one session's queue. @default 20 */
  queuedPerSession: number
  /** Size of that queue in bytes of JSON; an empty queue accepts one run of any size. @default 1 MiB */
  queuedBytesPerSession: number
  /** `sessions.create` and `sessions.fork` calls of one principal in one minute. @default 120 */
  createsPerMinute: number
  /** Prompts, retries, compactions and resets that one principal requests in one minute. @default 120 */
  sendsPerMinute: number
  /** `runs.interrupt` calls of one principal in one minute, through each process. @default 120 */
  interruptsPerMinute: number
  /**
   * Edits, deletions, undos, redos, truncations, erasures, and changes of sessions and members by one
   * principal in one minute. @default 120
   */
  changesPerMinute: number
  /** Data of one signal or other transient, in bytes of JSON. @default 4 KiB */
  signalBytes: number
  /** Signals that one principal sends in one minute, and transients of one run of the agent. @default 600 */
  signalsPerMinute: number
  /** Files that one principal uploads in one minute. @default 120 */
  uploadsPerMinute: number
}

export const defaultLimits: Readonly<Limits> = {
  promptBytes: 256 * KiB,
  messageParts: 1_000,
  messageBytes: 16 * MiB,
  bodyBytes: MiB,
  titleLength: 200,
  metadataBytes: 16 * KiB,
  membersPerSession: 100,
  pageDefault: 50,
  pageMost: 200,
  pageBytes: MiB,
  windowMessages: 100,
  windowBytes: MiB,
  frameBytes: 32 * KiB,
  streamsPerPrincipal: 32,
  readsPerPrincipal: 4,
  callsPerSocket: 64,
  bytesPerSocket: 4 * MiB,
  versionsPerPlace: 20,
  queuedPerSession: 20,
  queuedBytesPerSession: MiB,
  createsPerMinute: 120,
  sendsPerMinute: 120,
  interruptsPerMinute: 120,
  changesPerMinute: 120,
  signalBytes: 4 * KiB,
  signalsPerMinute: 600,
  uploadsPerMinute: 120,
}
