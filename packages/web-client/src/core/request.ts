import { abortable } from '@caughtup/schema/abortable'
import { asChatError } from './errors.ts'
import type { ClientContext } from './client-context.ts'

/**
 * One unary call of a view, bounded in time.
 *
 * @throws {ChatClientError} whatever went wrong; `NETWORK` when no answer came in time
 */
export async function request<T>(
  { clock, requestTimeout, closed }: ClientContext,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const cancel = clock.after(requestTimeout, () => {
    // Of this call alone: the streams on the same socket may be well.
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
