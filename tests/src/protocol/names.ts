/**
 * Values that differ between runs of the examples: ids, times, and a cursor's journal id and tag. A
 * cursor's seq stays the same.
 */
const volatile = new RegExp(
  [
    String.raw`(?<![\w-])(?<journal>[\w-]{10})\.(?<seq>\d+)\.(?<tag>[\w-]{8})?(?![\w-])`,
    String.raw`(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`,
    String.raw`(?<!\d)(?<time>1\d{12})(?!\d)`,
    String.raw`(?<=["\s])(?<feed>[A-Za-z0-9_-]{12})\.(?<position>\d+)(?=["\s.]|$)`,
  ].join('|'),
  'g',
)

/** Replaces each volatile value of the text by its kind and value. */
export function replaceVolatile(
  text: string,
  replace: (kind: string, value: string) => string,
): string {
  return text.replaceAll(volatile, (...match) => {
    const groups = match.at(-1) as Record<string, string | undefined>
    const { journal, seq, tag, id, time, feed, position } = groups
    if (journal !== undefined) {
      return `${replace('journal', journal)}.${seq}.${tag ? replace('tag', tag) : ''}`
    }
    if (id !== undefined) return replace('id', id)
    if (time !== undefined) return replace('time', time)
    return `${replace('feed', feed ?? '')}.${position}`
  })
}

/**
 * Renames volatile values in the order of their first appearance. Equal values get equal names, so two
 * texts are the same exchange exactly if their renamed forms are equal.
 */
export class Names {
  readonly #values = new Map<string, string[]>()

  rename(text: string): string {
    return replaceVolatile(text, (kind, value) => {
      const values = this.#values.get(kind) ?? []
      this.#values.set(kind, values)
      const index = values.indexOf(value)
      return `‹${kind} ${index < 0 ? values.push(value) : index + 1}›`
    })
  }
}
