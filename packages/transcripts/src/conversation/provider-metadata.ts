import { isEmpty } from '../base/is-empty.ts'

/** Members of a part that only its provider understands; those that say nothing are left out. */
export function providerMetadata(
  provider: string,
  members: Readonly<Record<string, unknown>>,
  name = 'providerMetadata',
): Record<string, unknown> {
  const said = Object.entries(members).filter(([, value]) => !isEmpty(value))
  return said.length === 0 ? {} : { [name]: { [provider]: Object.fromEntries(said) } }
}
