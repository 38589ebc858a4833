/** How a view spaces its attempts to connect. */
export interface ReconnectOptions {
  /** Upper bound of the first delay, in ms; it doubles with each further failure. @default 250 */
  minDelay?: number
  /** Upper bound of every delay, in ms. @default 10_000 */
  maxDelay?: number
  /** How long a stream must have been live before the delays begin again, in ms. @default 1_000 */
  stableAfter?: number
  /** Attempts in a row that may fail with an unknown error (a 500) before the view gives up. @default 10 */
  unknownErrors?: number
}

export const defaultReconnect: Required<ReconnectOptions> = {
  minDelay: 250,
  maxDelay: 10_000,
  stableAfter: 1_000,
  unknownErrors: 10,
}

/**
 * The delay before the attempt that follows `failures` failed ones, in ms: capped exponential with
 * full jitter, so that clients which lost one server do not come back as one.
 */
export function backoffDelay(
  failures: number,
  { minDelay, maxDelay }: Required<ReconnectOptions>,
  random: () => number,
): number {
  return random() * Math.min(maxDelay, minDelay * 2 ** (failures - 1))
}
