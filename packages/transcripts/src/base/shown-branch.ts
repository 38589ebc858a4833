/**
 * The branch of a tree of messages that ends at a leaf, from its root on. It begins where a parent is
 * missing, or was visited already.
 */
export function shownBranch<T>(leaf: T | undefined, parentOf: (node: T) => T | undefined): T[] {
  const branch = new Set<T>()
  for (let node = leaf; node !== undefined && !branch.has(node); node = parentOf(node))
    branch.add(node)
  return [...branch].reverse()
}
