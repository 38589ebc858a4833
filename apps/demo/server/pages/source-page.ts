import { CaughtupError } from '@caughtup/schema'

import type { Repository } from '../repository/repository.ts'
import { oneStyle } from './content-security-policy.ts'
import { isReading, type Page, pathOf, send } from './page.ts'

const folder = '/source/'

const style = `
  body { font: 14px/1.5 system-ui; margin: 1.5rem }
  li { padding-left: .75rem; white-space: pre-wrap }
  li::marker { color: gray }
  li:target { background: #ffd54055 }
`
const policy = oneStyle(style)

/** Shows a file of the repository with numbered lines. The links of answers lead here. */
export function sourcePage(repository: Repository): Page {
  return async (request, response) => {
    const path = pathOf(request)
    if (!path?.startsWith(folder) || !isReading(request)) return false
    try {
      const name = path.slice(folder.length)
      const body = render(name, repository.text(name))
      const type = 'text/html; charset=utf-8'
      return await send(request, response, { status: 200, type, body, policy })
    } catch (error) {
      if (!(error instanceof CaughtupError)) throw error
      const body = `${error.message}\n`
      const type = 'text/plain; charset=utf-8'
      return await send(request, response, { status: 404, type, body })
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
<style>${style}</style>
<h1>${escape(path)}</h1>
<ol>
${lines.join('\n')}
</ol>
`
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
