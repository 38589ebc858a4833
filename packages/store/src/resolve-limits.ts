import { CaughtupError, defaultLimits, excerpt, type Limits } from '@caughtup/schema'

/** @throws CaughtupError `BAD_INPUT` for a limit that does not exist or is not positive */
export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(limits)) {
    if (Object.hasOwn(defaultLimits, name) && value > 0) continue
    throw new CaughtupError(
      'BAD_INPUT',
      `limits.${name} is ${value}: no limit of that name and size.`,
      { field: `limits.${name}`, value: excerpt(value) },
    )
  }
  return { ...defaultLimits, ...limits }
}
