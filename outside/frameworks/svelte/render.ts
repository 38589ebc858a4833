import type { SessionView } from '@caughtup/web-client'
import { render as renderComponent } from 'svelte/server'

import Page from './Page.svelte'

export const render = (session: SessionView): Promise<string> =>
  Promise.resolve(renderComponent(Page, { props: { first: session } }).body)
