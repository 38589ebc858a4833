import * as z from 'zod'

import type { Repository } from './repository.ts'
import type { SearchIndex } from './search-index.ts'

/** A tool of an agent. */
export interface RepoTool<Input, Output> {
  name: string
  /** Tells a model when to use it. */
  description: string
  input: z.ZodType<Input>
  /** @throws CaughtupError if the input names something that does not exist */
  run(input: Input): Output
}

export type RepoTools = ReturnType<typeof createRepoTools>

/** Most paths, lines and matches of one result, so that it does not fill a context; it has the total. */
const mostPaths = 200
const mostLines = 120
const mostMatches = 6

/** The agents' tools. They read this repository and nothing else, and write nothing. */
export function createRepoTools(repository: Repository, index: SearchIndex) {
  return {
    list: defineTool({
      name: 'list_files',
      description: 'Lists the files of the repository, all or those of a folder.',
      input: z.object({ folder: z.string().optional() }),
      run({ folder = '' }) {
        const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
        const paths = repository.paths.filter((path) => path.startsWith(prefix))
        return { paths: paths.slice(0, mostPaths), total: paths.length }
      },
    }),
    read: defineTool({
      name: 'read_file',
      description: `Reads a file of the repository, at most ${mostLines} lines from line \`from\`.`,
      input: z.object({
        path: z.string(),
        from: z.number().int().min(1).optional(),
        to: z.number().int().min(1).optional(),
      }),
      run({ path, from = 1, to = Number.MAX_SAFE_INTEGER }) {
        const lines = repository.text(path).split('\n')
        const end = Math.min(to, from + mostLines - 1, lines.length)
        return {
          path,
          from,
          to: end,
          lines: lines.length,
          text: lines.slice(from - 1, end).join('\n'),
        }
      },
    }),
    search: defineTool({
      name: 'search',
      description: 'Finds the sections of the repository that are about some words, best first.',
      input: z.object({ query: z.string().max(1_000) }),
      run({ query }) {
        const matches = index.search(query)
        return {
          total: matches.length,
          matches: matches.slice(0, mostMatches).map(({ section, score, words }) => ({
            path: section.path,
            line: section.from,
            title: section.title,
            score: Math.round(score * 10) / 10,
            words,
          })),
        }
      },
    }),
  }
}

/** Lets the compiler infer a tool's types of input and output. */
function defineTool<Input, Output>(tool: RepoTool<Input, Output>): RepoTool<Input, Output> {
  return tool
}
