import type { SourceImport } from './source-imports.ts'

/** The files that the entries import, directly or over other files, and the entries. */
export function reachedFrom(
  entries: readonly string[],
  imports: readonly SourceImport[],
): ReadonlySet<string> {
  const byFile = Map.groupBy(imports, ({ from }) => from)
  const reached = new Set(entries)
  // A set yields what is added while it is iterated.
  for (const file of reached) {
    for (const { to, relative } of byFile.get(file) ?? []) if (relative) reached.add(to)
  }
  return reached
}
