import { auto, createChatClient, sse } from '@caughtup/web-client'

// A page with one session; the query says over which link: `?session=…&link=sse`.
const query = new URLSearchParams(location.search)
const link = query.get('link') === 'sse' ? sse({ url: '/rpc' }) : auto({ url: '/rpc' })
const client = createChatClient({ link })
const session = client.session(query.get('session') ?? '')
session.subscribe(() => {})

/** What a test reads in the page. */
export interface TabPage {
  session: typeof session
}
Object.assign(window, { session } satisfies TabPage)
