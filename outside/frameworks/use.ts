// The bindings with the types of the frameworks. A test compiles this, with all declarations checked.
import type { Message } from '@caughtup/schema'
import type { ChatClient, SessionSnapshot, SessionView } from '@caughtup/web-client'
import * as inSolid from '@caughtup/web-client/solid'
import * as inSvelte from '@caughtup/web-client/svelte'
import * as inVue from '@caughtup/web-client/vue'
import { type Accessor, createSignal } from 'solid-js'
import { computed, type ComputedRef, shallowRef } from 'vue'

declare const client: ChatClient
declare const session: SessionView

const ids = (snapshot: SessionSnapshot) => snapshot.messages.map(({ id }) => id)

export const vue: [
  ComputedRef<SessionSnapshot>,
  ComputedRef<string[]>,
  ComputedRef<Message | undefined>,
  number,
] = [
  inVue.useSession(shallowRef(session)),
  inVue.useSession(() => session, ids, Object.is),
  inVue.useMessage(
    session,
    computed(() => 'm'),
  ),
  inVue.useActivity(client).value.rows.length,
]

export const svelte: [
  inSvelte.Current<SessionSnapshot>,
  inSvelte.Current<string[]>,
  Message | undefined,
  number,
] = [
  inSvelte.useSession(session),
  inSvelte.useView(() => session, ids),
  inSvelte.useMessage(() => session, 'm').current,
  inSvelte.useActivity(client).current.rows.length,
]

const [messageId] = createSignal('m')
export const solid: [
  Accessor<SessionSnapshot>,
  Accessor<string[]>,
  Accessor<Message | undefined>,
  number,
] = [
  inSolid.useSession(session),
  inSolid.useView(() => session, ids),
  inSolid.useMessage(session, messageId),
  inSolid.useActivity(() => client)().rows.length,
]

// @ts-expect-error -- a selector gets the snapshot of a session
inVue.useSession(session, ({ rows }) => rows)
// @ts-expect-error -- a client is not a view
inSvelte.useView(client)
// @ts-expect-error -- the message is named
inSolid.useMessage(session)
