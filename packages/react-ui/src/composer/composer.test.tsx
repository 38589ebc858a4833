import { createChatClient, sse } from '@caughtup/web-client'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'

import { UiProvider } from '../ui/ui-provider.tsx'
import { Composer } from './composer.tsx'
import { ComposerField } from './composer-field.tsx'
import { useComposer } from './composer-context.ts'

test('a server renders it with its parts, empty and ready to write', () => {
  const client = createChatClient({ link: sse({ url: 'http://localhost/rpc' }) })
  const html = renderToStaticMarkup(<Composer session={client.session('s')} className="mine" />)
  client.close()
  expect(html).toContain('<form class="mine">')
  expect(html).toContain('<textarea rows="1" aria-label="Message" placeholder="Write a message"')
  expect(html).toContain('<input type="file" aria-label="Files" accept="image/*"')
  expect(html).toMatch(/<button aria-label="Send"[^>]* type="submit" disabled="">/)
  expect(html).not.toContain('Stop')
})

test('has the parts that it is given, in words of the page, also before there is a session', () => {
  function Count() {
    return <b>{useComposer().attachments.length}</b>
  }
  const html = renderToStaticMarkup(
    <UiProvider texts={{ composer: { field: 'Nachricht', placeholder: () => '…' } }}>
      <Composer onSend={() => {}} disabled>
        <Count />
        <ComposerField className="field" style={{ color: 'red' }} />
      </Composer>
    </UiProvider>,
  )
  expect(html).toBe(
    '<form><b>0</b><textarea rows="1" aria-label="Nachricht" placeholder="…" class="field" style="color:red;field-sizing:content"></textarea></form>',
  )
})
