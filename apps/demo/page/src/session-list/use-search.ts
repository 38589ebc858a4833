import type { SearchHit } from '@caughtup/schema'
import { asChatError } from '@caughtup/web-client'
import { useEffect, useState } from 'react'

import { useClient } from '../client/client-context.tsx'

/** The time in ms without a key after which messages are searched. */
const restMs = 200
const mostHits = 30

export interface FoundMessages {
  /** Of which text these are the hits: the newest one may still be under way. */
  text: string
  hits: readonly SearchHit[]
  error?: string
}

const nothing: FoundMessages = { text: '', hits: [] }

/** The messages of all chats that have every word of a text. */
export function useSearch(text: string): FoundMessages {
  const client = useClient()
  const [found, setFound] = useState(nothing)
  const wanted = text.trim()
  useEffect(() => {
    if (wanted === '') return
    let isCurrent = true
    const search = async () => {
      try {
        const { hits } = await client.search(wanted, { limit: mostHits })
        if (isCurrent) setFound({ text: wanted, hits })
      } catch (error) {
        if (isCurrent) setFound({ text: wanted, hits: [], error: asChatError(error).message })
      }
    }
    const timer = setTimeout(() => void search(), restMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [client, wanted])
  return wanted === '' ? nothing : found
}
