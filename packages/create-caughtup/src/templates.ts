import { fileURLToPath } from 'node:url'

import { UsageError } from './usage-error.ts'

/** The templates, each a folder of `templates/`, with what a person who chooses reads. */
export const templates = {
  hono: 'Vite and Hono: one server for the chat and the page, over a WebSocket',
  next: 'Next: the chat in a route of its app router, over server-sent events',
} as const

export type Template = keyof typeof templates

/** @throws UsageError that lists the templates */
export function asTemplate(name: string): Template {
  if (isTemplate(name)) return name
  throw new UsageError(
    `There is no template "${name}". There are: ${Object.keys(templates).join(', ')}.`,
  )
}

/** The files of one: those that all templates share, then its own. */
export function templateFolders(template: Template): string[] {
  return ['shared', template].map((name) =>
    fileURLToPath(new URL(`../templates/${name}`, import.meta.url)),
  )
}

function isTemplate(name: string): name is Template {
  return Object.hasOwn(templates, name)
}
