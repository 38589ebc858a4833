import { Chat } from './chat.tsx'

/** Not made while building: the answer brings the visitor's cookie, see `proxy.ts`. */
export const dynamic = 'force-dynamic'

export default function Page() {
  return <Chat />
}
