// The options with the types of TanStack Query for React. A test compiles this.
import type { Message, SearchHit } from '@caughtup/schema'
import type { ChatClient } from '@caughtup/web-client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import { historyOptions, searchOptions } from './queries.ts'

declare const client: ChatClient

export const hits: SearchHit[] | undefined = useQuery(searchOptions(client, 'tea')).data?.hits

const { data } = useInfiniteQuery(historyOptions(client, 's'))
export const messages: Message[] | undefined = data?.pages.flatMap((page) => page.messages)
