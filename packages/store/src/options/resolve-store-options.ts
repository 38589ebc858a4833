import { defaultLimits, type Limits } from '@caughtup/schema'
import { type Clock, systemClock } from '@caughtup/schema/clock'

import { type OnError, resolveOnError } from '../base/on-error.ts'
import { assertInput, assertOptions } from '../input/assert-input.ts'
import {
  duration,
  type Kind,
  object,
  optionalFunction,
  positive,
  positiveDuration,
  wholeOrInfinite,
  yesOrNo,
} from '../input/kinds.ts'
import type { Retention } from '../port/storage.ts'
import {
  type FlushOptions,
  type RetentionOptions,
  storeDefaults,
  type StoreOptions,
  type UpdatesOptions,
} from './store-options.ts'

/** Every option with its value. */
export interface ResolvedStoreOptions {
  storage: StoreOptions['storage']
  bus: StoreOptions['bus']
  flush: Required<FlushOptions>
  limits: Readonly<Limits>
  retention: Retention
  meter: StoreOptions['meter']
  updates: Required<UpdatesOptions>
  onError: OnError
  clock: Clock
  random: () => number
}

const aMeter: Kind = {
  words: 'a meter of OpenTelemetry',
  is: (value) =>
    value === undefined ||
    (object.is(value) && typeof Reflect.get(Object(value), 'createObservableGauge') === 'function'),
}

const day = 24 * 60 * 60 * 1_000

const aBus: Kind = {
  words: 'a bus, for instance redis({ url })',
  is: (value) => value === undefined || object.is(value),
}

const limitKinds = Object.fromEntries(
  Object.keys(defaultLimits).map((name) => [name, wholeOrInfinite(1)]),
)

/**
 * Checks the options and fills in the defaults.
 *
 * @throws CaughtupError `BAD_INPUT` that names the option, its value and its limit
 */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  assertInput('options', options, object)
  const { storage, bus, flush = {}, updates = {}, onError, meter } = options
  assertInput('storage', storage, {
    words: 'a storage, for instance sqlite({ path })',
    is: object.is,
  })
  assertInput('bus', bus, aBus)
  assertInput('onError', onError, optionalFunction)
  assertInput('random', options.random, optionalFunction)
  assertInput('meter', meter, aMeter)
  assertOptions('flush', flush, {
    windowMs: duration,
    firstDelta: yesOrNo,
    maxUnflushedBytes: wholeOrInfinite(0),
    maxWaitMs: positiveDuration,
  })
  assertOptions('updates', updates, {
    capacity: wholeOrInfinite(1),
    mustDeliverTimeout: positiveDuration,
  })
  return {
    storage,
    bus,
    flush: { ...storeDefaults.flush, ...given(flush) },
    limits: resolveLimits(options.limits),
    retention: resolveRetention(options.retention),
    meter,
    updates: { ...storeDefaults.updates, ...given(updates) },
    onError: resolveOnError(onError),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  }
}

function resolveLimits(limits: Partial<Limits> = {}): Limits {
  assertOptions('limits', limits, limitKinds)
  return { ...defaultLimits, ...given(limits) }
}

function resolveRetention(options: RetentionOptions | false = {}): Retention {
  if (options === false) return false
  assertOptions('retention', options, { days: positive, events: positive })
  const { days, events } = { ...storeDefaults.retention, ...given(options) }
  return { age: days * day, events }
}

/** The options that have a value: one that is `undefined` is the default. */
function given<T extends object>(options: T): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only members without a value are left out
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
