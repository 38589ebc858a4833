/**
 * The branch of a tree of messages that leads to a leaf, from its root on. A parent that is not
 * there, or was passed already, is where the branch begins.
 */
export function shownBranch<T>(leaf: T | undefined, parentOf: (node: T) => T | undefined): T[] {
  const branch = new Set<T>()
  for (let node = leaf; node !== undefined && !branch.has(node); node = parentOf(node))
    branch.add(node)
  return [...branch].reverse()
}
