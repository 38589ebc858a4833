import { hydrate, mount, unmount } from 'svelte'

import { type Draw, openPage } from '../page/open-page.ts'
import Page from './Page.svelte'

const draw: Draw = (target, session, { takeOver }) => {
  const page = (takeOver ? hydrate : mount)(Page, { target, props: { first: session } })
  return { follow: page.follow, leave: () => void unmount(page) }
}

openPage(draw)
