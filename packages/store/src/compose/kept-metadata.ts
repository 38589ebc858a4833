import {
  citations,
  type Citations,
  type ProviderMetadata,
  providerMetadata,
  toolMetadata,
  type ToolMetadata,
} from '@caughtup/schema'

import { storedValue } from '../input/stored-value.ts'

/*
 * What a provider says beside its parts is kept as it will be read back, and left out where it is
 * not of the shape that readers expect: an answer never fails because of it.
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
