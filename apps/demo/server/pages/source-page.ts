import { CaughtupError } from '@caughtup/schema'

import type { Repository } from '../repository/repository.ts'
import { isReading, type Page, pathOf, send } from './page.ts'

const folder = '/source/'

/** Shows a file of the repository with numbered lines. The links of answers lead here. */
export function sourcePage(repository: Repository): Page {
  return async (request, response) => {
    const path = pathOf(request)
    if (!path?.startsWith(folder) || !isReading(request)) return false
    try {
      const name = path.slice(folder.length)
      const body = render(name, repository.text(name))
      return send(request, response, { status: 200, type: 'text/html; charset=utf-8', body })
    } catch (error) {
      if (!(error instanceof CaughtupError)) throw error
      const body = `${error.message}\n`
      return send(request, response, { status: 404, type: 'text/plain; charset=utf-8', body })
    }
  }
}

function render(path: string, text: string): string {
  const lines = text
    .split('\n')
    .map((line, index) => `<li id="L${index + 1}"><code>${escape(line)}</code></li>`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(path)}</title>
<style>
  body { font: 14px/1.5 system-ui; margin: 1.5rem }
  li { padding-left: .75rem; white-space: pre-wrap }
  li::marker { color: gray }
  li:target { background: #ffd54055 }
</style>
<h1>${escape(path)}</h1>
<ol>
${lines.join('\n')}
</ol>
`
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
