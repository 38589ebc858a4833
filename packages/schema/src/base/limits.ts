const KiB = 1024
const MiB = 1024 * KiB

/** Every limit that a deployment can set, with its unit; `defaultLimits` has the defaults. */
export interface Limits {
  /** Text of one prompt, in UTF-8 bytes. @default 256 KiB */
  promptBytes: number
  /** Parts of one message. @default 1,000 */
  messageParts: number
  /** One message in all, in bytes of JSON. @default 16 MiB */
  messageBytes: number
  /** Body of one request, in bytes; also one WebSocket message. @default 1 MiB */
  bodyBytes: number
  /** Title of a session, in characters. @default 200 */
  titleLength: number
  /** Messages of a page or rows of a list when the caller names no number. @default 50 */
  pageDefault: number
  /** Messages of a page or rows of a list at most. @default 200 */
  pageMost: number
  /** Bytes of JSON of a page of messages or of journal entries; at least one is always given. @default 1 MiB */
  pageBytes: number
  /** Messages of the window that a fresh client gets. @default 100 */
  windowMessages: number
  /** Bytes of JSON of that window (at least one message is always sent). @default 1 MiB */
  windowBytes: number
  /** Bytes of JSON that one frame aims at; a single larger message still travels whole. @default 32 KiB */
  frameBytes: number
  /** Open streams of one principal. @default 32 */
  streamsPerPrincipal: number
  /** Pages and lists of one principal that are read or not yet taken at once; others wait. @default 4 */
  readsPerPrincipal: number
  /** Calls of one WebSocket that are not answered; beyond that it is not read from. @default 64 */
  callsPerSocket: number
  /** Bytes that are held for one WebSocket; beyond that it is not read from. @default 4 MiB */
  bytesPerSocket: number
  /** Prompts that wait in one session's queue. @default 20 */
  queuedPerSession: number
  /** What waits there, in bytes of JSON (at least one prompt is always taken). @default 1 MiB */
  queuedBytesPerSession: number
  /** `sessions.create` calls of one principal in one minute. @default 120 */
  createsPerMinute: number
  /** Prompts, compactions and resets that one principal asks for in one minute. @default 120 */
  sendsPerMinute: number
  /** `runs.interrupt` calls of one principal in one minute. @default 120 */
  interruptsPerMinute: number
}

export const defaultLimits: Readonly<Limits> = {
  promptBytes: 256 * KiB,
  messageParts: 1_000,
  messageBytes: 16 * MiB,
  bodyBytes: MiB,
  titleLength: 200,
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
  queuedPerSession: 20,
  queuedBytesPerSession: MiB,
  createsPerMinute: 120,
  sendsPerMinute: 120,
  interruptsPerMinute: 120,
}
