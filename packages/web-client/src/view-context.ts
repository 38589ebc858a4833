import type { Contract } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import type { ContractRouterClient } from '@orpc/contract'

import type { ReconnectOptions } from './backoff.ts'
import type { Counters } from './counters.ts'
import type { Network } from './network.ts'
import type { Notifier } from './notifier.ts'

/** What a call tells the link that carries it. */
export interface CallContext {
  /** Told of each chunk of the answer's body; a link that cannot see chunks leaves it alone. */
  onBytes?: (bytes: number) => void
}

/** The typed procedures of the contract. */
export type ChatRpc = ContractRouterClient<Contract, CallContext>

/** What all views of a client share. */
export interface ViewContext {
  readonly rpc: ChatRpc
  readonly clock: Clock
  readonly random: () => number
  readonly network: Network
  readonly notifier: Notifier
  readonly reconnect: Required<ReconnectOptions>
  /** ms. */
  readonly silence: number
  /** ms. */
  readonly requestTimeout: number
  readonly counters: Counters
  /** Aborts when the client closes. */
  readonly closed: AbortSignal
}
