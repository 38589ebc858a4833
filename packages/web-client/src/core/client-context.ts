import type { Contract } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import type { ContractRouterClient } from '@orpc/contract'

import type { CallContext } from '../links/link.ts'
import type { Counters } from './counters.ts'
import type { Network } from './network.ts'
import type { Notifier } from './notifier.ts'
import type { Backoff, WakeUp } from './retry.ts'

/** The typed procedures of the contract. */
export type ChatRpc = ContractRouterClient<Contract, CallContext>

/** What all parts of a client share. */
export interface ClientContext {
  readonly rpc: ChatRpc
  /** Makes later calls use a new connection, if several share one. */
  readonly renewConnection: () => void
  readonly clock: Clock
  /** A new UUIDv7; those of one client sort in the order in which they were made. */
  readonly newId: () => string
  readonly random: () => number
  readonly network: Network
  readonly notifier: Notifier
  /** As in `ChatClientOptions`, which documents them. */
  readonly reconnect: Backoff & { readonly stableAfter: number; readonly unknownErrors: number }
  readonly silence: number
  readonly requestTimeout: number
  readonly counters: Counters
  /** Rings when a session is live again. */
  readonly wakeUp: WakeUp
  /** Aborts when the client closes. */
  readonly closed: AbortSignal
}
