/** `draining`: takes no more calls. `silent`: does not answer, though it is there. */
export type ProcessState = 'starting' | 'serving' | 'draining' | 'silent' | 'gone'

/** A server process behind the balancer. */
export interface ServerProcessInfo {
  id: number
  pid: number
  state: ProcessState
  /** Open streams of all pages. */
  streams: number
}

/** A stream of the page that asks. */
export interface ServedStream {
  kind: StreamKind
  /** The id of the process that serves it. */
  process: number
}

export type StreamKind = 'websocket' | 'chat' | 'list' | 'other'

/** The answer of `/processes`; both are empty where no balancer is in front. */
export interface Served {
  processes: ServerProcessInfo[]
  streams: ServedStream[]
}
