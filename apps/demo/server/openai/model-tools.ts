import { tool, type ToolSet } from 'ai'

import type { RepoTools } from '../repository/repo-tools.ts'

/** The repository's tools as the AI SDK takes them. */
export function modelTools({ list, read, search }: RepoTools): ToolSet {
  return {
    [list.name]: tool({
      description: list.description,
      inputSchema: list.input,
      execute: (input) => list.run(input),
    }),
    [read.name]: tool({
      description: read.description,
      inputSchema: read.input,
      execute: (input) => read.run(input),
    }),
    [search.name]: tool({
      description: search.description,
      inputSchema: search.input,
      execute: (input) => search.run(input),
    }),
  }
}
