import path from 'node:path'

import type { SourceImport } from './source-imports.ts'

/** Folders of which each imports the next one, and the last one the first. */
export type Circle = Step[]

interface Step {
  from: string
  to: string
  imports: SourceImport[]
}

/** The imports by importing and imported folder. */
type Graph = Map<string, Map<string, SourceImport[]>>

/**
 * Circles between folders; the first step of each has the fewest imports, and without these first
 * steps no circle is left. A folder and a folder in it are two.
 */
export function findCircles(imports: readonly SourceImport[]): Circle[] {
  const graph = folderGraph(imports)
  const circles: Circle[] = []
  for (;;) {
    const circle = easiestCircle(graph)
    const [first] = circle
    if (!first) return circles
    circles.push(circle)
    graph.get(first.from)?.delete(first.to)
  }
}

function folderGraph(imports: readonly SourceImport[]): Graph {
  const graph: Graph = new Map()
  for (const one of imports) {
    const [from, to] = [path.posix.dirname(one.from), path.posix.dirname(one.to)]
    if (from === to) continue
    const targets = graph.get(from) ?? new Map<string, SourceImport[]>()
    graph.set(from, targets)
    targets.set(to, [...(targets.get(to) ?? []), one])
  }
  return graph
}

/** The circle whose first step has the fewest imports; of several the shortest. */
function easiestCircle(graph: Graph): Circle {
  let easiest: Circle = []
  for (const [from, targets] of graph) {
    for (const [to, imports] of targets) {
      const most = easiest[0]?.imports.length ?? Infinity
      if (imports.length > most) continue
      const way = shortestWay(graph, to, from)
      if (way && (imports.length < most || way.length + 1 < easiest.length))
        easiest = [{ from, to, imports }, ...way]
    }
  }
  return easiest
}

function shortestWay(graph: Graph, start: string, end: string): Step[] | undefined {
  const reached = new Set([start])
  let ways: Step[][] = [[]]
  while (ways.length > 0) {
    const longer: Step[][] = []
    for (const way of ways) {
      const from = way.at(-1)?.to ?? start
      for (const [to, imports] of graph.get(from) ?? []) {
        if (reached.has(to)) continue
        reached.add(to)
        const next = [...way, { from, to, imports }]
        if (to === end) return next
        longer.push(next)
      }
    }
    ways = longer
  }
  return undefined
}
