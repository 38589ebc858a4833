import { describe, expect, it } from 'vitest'

import { Repository } from '../repository/repository.ts'
import { servePage } from '../testing/page-server.ts'
import { checkoutWith } from '../testing/test-repository.ts'
import { sourcePage } from './source-page.ts'

async function serveSources() {
  const root = checkoutWith({ 'src/a b.ts': 'const a = 1\nconst b = "<b>"' })
  return servePage(sourcePage(await Repository.open(root)))
}

describe('sourcePage', () => {
  it('shows a file with an anchor at each line', async () => {
    const { status, body } = await (await serveSources())('/source/src/a%20b.ts')
    expect(status).toBe(200)
    expect(body).toContain('<li id="L1"><code>const a = 1</code></li>')
    expect(body).toContain('<li id="L2"><code>const b = &#34;&#60;b&#62;&#34;</code></li>')
  })

  it.each(['/source/../package.json', '/source/.git/config', '/source//etc/passwd', '/source/'])(
    'shows nothing at %s',
    async (path) => {
      expect((await (await serveSources())(path)).status).toBe(404)
    },
  )
})
