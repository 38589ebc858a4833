import { fileURLToPath } from 'node:url'

import { ours } from '../../measure/bench.ts'
import type { Subscription } from '../processes/subscription.ts'

/** A server to measure. */
export interface Side {
  name: string
  /** Where it keeps what was written, for those who come back. */
  keeps: string
  /** A module that calls `serveSide`. */
  module: string
  transport: Subscription['transport']
  args?: readonly string[]
  /** A command without which it cannot run. */
  needs?: string
}

const caughtup = {
  keeps: 'SQLite',
  module: fileURLToPath(new URL('caughtup-server.ts', import.meta.url)),
}
export const caughtupHttp: Side = { ...caughtup, name: ours, transport: 'http' }
export const caughtupSocket: Side = {
  ...caughtup,
  name: `${ours}, WebSocket`,
  transport: 'websocket',
}
const bare = {
  keeps: 'nothing',
  module: fileURLToPath(new URL('bare-loop-server.ts', import.meta.url)),
}
export const bareLoop: Side = { ...bare, name: 'bare loop', transport: 'http' }
export const bareSocket: Side = { ...bare, name: 'bare `ws`', transport: 'websocket' }
