import type { SessionView } from '@caughtup/web-client'

import { type Draw, openPage } from '../page/open-page.ts'
import { showChat } from './show-chat.ts'

const draw: Draw = (element, first) => {
  let leave = () => {}
  const follow = (session: SessionView | undefined) => {
    leave()
    element.innerHTML = session ? '<main></main><form><input name="prompt" /></form>' : ''
    const [main, form] = [element.querySelector('main'), element.querySelector('form')]
    leave = session && main && form ? showChat(main, form, session) : () => {}
  }
  follow(first)
  return { follow, leave: () => follow(undefined) }
}

openPage(draw)
