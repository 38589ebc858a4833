import { abortable } from '@caughtup/schema/abortable'
import type { ClientContext } from './client-context.ts'
import { asChatError } from './errors.ts'

/**
 * Makes one unary call, which may take `requestTimeout`.
 *
 * @throws {ChatClientError} for every failure; `NETWORK` if no answer came in time
 */
export async function request<T>(
  { clock, requestTimeout, closed }: ClientContext,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const cancel = clock.after(requestTimeout, () => {
    // Not a ConnectionLost, which would close the socket: streams on it may be healthy.
    late.abort(new Error(`no answer within ${requestTimeout} ms`))
  })
  const signal = AbortSignal.any([closed, late.signal])
  try {
    return await abortable(call(signal), signal)
  } catch (error) {
    throw asChatError(error)
  } finally {
    cancel()
  }
}
