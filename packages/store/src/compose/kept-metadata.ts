import {
  citations,
  type Citations,
  type ProviderMetadata,
  providerMetadata,
  toolMetadata,
  type ToolMetadata,
} from '@caughtup/schema'

import { storedValue } from '../input/stored-value.ts'

/**
 * A provider's metadata is kept as it will be read back. Metadata of another shape than readers
 * expect is dropped, so that no answer fails because of it.
 */

export function keptMetadata(value: unknown): ProviderMetadata | undefined {
  return value == null ? undefined : providerMetadata.safeParse(storedValue(value)).data
}

export function keptToolMetadata(value: unknown): ToolMetadata | undefined {
  return value == null ? undefined : toolMetadata.safeParse(storedValue(value)).data
}

export function keptCitations(value: unknown): Citations | undefined {
  return value == null ? undefined : citations.safeParse(storedValue(value)).data
}
