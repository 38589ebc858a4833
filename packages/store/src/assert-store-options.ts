import {
  assertInput,
  assertOptions,
  duration,
  object,
  optionalFunction,
  positiveDuration,
  wholeOrInfinite,
  yesOrNo,
} from './input/assert-input.ts'
import { brokerKinds } from './follow/broker.ts'
import type { StoreOptions } from './store-options.ts'

/** @throws CaughtupError `BAD_INPUT` for a storage that is none, and for what would write or wait wrongly */
export function assertStoreOptions(options: StoreOptions): void {
  assertInput('options', options, object)
  const { storage, flush = {}, updates = {}, onError } = options
  assertInput('storage', storage, {
    words: 'a storage, for instance sqlite({ path })',
    is: object.is,
  })
  assertInput('onError', onError, optionalFunction)
  assertOptions('flush', flush, {
    windowMs: duration,
    firstDelta: yesOrNo,
    maxUnflushedBytes: wholeOrInfinite(0),
    maxWaitMs: positiveDuration,
  })
  assertOptions('updates', updates, brokerKinds)
}
