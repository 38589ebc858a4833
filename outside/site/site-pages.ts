// Which documents of the repository are pages of the site, and where each stands.

export interface Page {
  /** A file of the repository. */
  source: string
  /** Its address on the site, without `.html`. */
  path: string
  /** As the sidebar names it. */
  title: string
}

export interface Section {
  title: string
  pages: readonly Page[]
}

const page = (source: string, path: string, title: string): Page => ({ source, path, title })

export const sections: readonly Section[] = [
  {
    title: 'Start',
    pages: [
      page('docs/what-it-is.md', 'what-it-is', 'What it is, and when not to use it'),
      page('docs/start.md', 'start', 'Five minutes'),
      page('packages/create-caughtup/README.md', 'create-caughtup', 'A new app'),
      page('docs/start-react.md', 'start-react', '… with React'),
      page('docs/start-next.md', 'start-next', '… with Next'),
      page('docs/start-vue.md', 'start-vue', '… with Vue'),
      page('docs/start-svelte.md', 'start-svelte', '… with Svelte'),
      page('docs/start-solid.md', 'start-solid', '… with Solid'),
      page('docs/start-page.md', 'start-page', '… with no framework'),
      page('docs/concepts.md', 'concepts', 'Concepts'),
      page('docs/from-use-chat.md', 'from-use-chat', 'Moving from useChat'),
      page('docs/comparison.md', 'comparison', 'Other ways, and when to take them'),
    ],
  },
  {
    title: 'How to',
    pages: [
      page('docs/authentication.md', 'authentication', 'Authentication'),
      page('docs/approvals.md', 'approvals', 'Ask before a tool runs'),
      page('docs/attachments.md', 'attachments', 'Take files'),
      page('docs/offline.md', 'offline', 'Work offline'),
      page('docs/search.md', 'search', 'Search'),
      page('docs/versions.md', 'versions', 'Answer again, edit, undo'),
      page('docs/transcripts.md', 'transcripts', 'Bring conversations along'),
      page('docs/sqlite-to-postgres.md', 'sqlite-to-postgres', 'Move from SQLite to PostgreSQL'),
      page('docs/types.md', 'types', 'Types of your own'),
      page('docs/operating.md', 'operating', 'Several processes, PostgreSQL'),
    ],
  },
  {
    title: 'Server',
    pages: [
      page('packages/server/README.md', 'server', 'Agents, mounting, limits'),
      page('docs/hosts.md', 'hosts', 'Express, Hono, Next, Bun …'),
      page('docs/openapi.md', 'openapi', 'The HTTP API, and OpenAPI'),
      page('packages/store/README.md', 'store', 'The store'),
      page('docs/ag-ui.md', 'ag-ui', 'Clients of AG-UI'),
      page('docs/durable-streams.md', 'durable-streams', 'Durable Streams'),
      page('packages/transcripts/README.md', 'transcript-formats', 'Formats of transcripts'),
    ],
  },
  {
    title: 'Client',
    pages: [
      page('packages/web-client/README.md', 'client', 'Views, React, links, errors'),
      page('docs/frameworks.md', 'frameworks', 'Bindings, assistant-ui'),
      page('packages/react-ui/README.md', 'react-ui', 'Components'),
    ],
  },
  {
    title: 'Reference',
    pages: [
      page('docs/settings.md', 'settings', 'Settings'),
      page('PROTOCOL.md', 'protocol', 'The protocol'),
      page('packages/schema/README.md', 'schema', 'The schema'),
      page('docs/guarantees.md', 'guarantees', 'Guarantees, and their tests'),
      page('docs/long-tests.md', 'long-tests', 'Long tests'),
    ],
  },
  {
    title: 'Measured',
    pages: [
      page('benches/README.md', 'benchmarks', 'The benches'),
      page('benches/RESULTS.md', 'results', 'Results'),
      page('benches/SCALE.md', 'scale', 'How far it goes'),
    ],
  },
  {
    title: 'The project',
    pages: [
      page('apps/demo/README.md', 'demo', 'The demo'),
      page('docs/versioning.md', 'versioning', 'Versions'),
      page('CHANGELOG.md', 'changelog', 'Changelog'),
      page('docs/licences.md', 'licences', 'Licences'),
      page('docs/architecture.md', 'architecture', 'Architecture'),
      page('SECURITY.md', 'security', 'Security'),
      page('CONTRIBUTING.md', 'contributing', 'Contributing'),
    ],
  },
]

export const pages: readonly Page[] = sections.flatMap((section) => section.pages)
