import type { SearchHit } from '@caughtup/schema'
import { asChatError, type ChatClient } from '@caughtup/web-client'
import { useEffect, useState } from 'react'

/** The time in ms without a key after which messages are searched. */
const restMs = 200

export interface FoundMessages {
  /** Of which text these are the hits: the newest one may still be under way. */
  text: string
  hits: readonly SearchHit[]
  error?: string
}

const nothing: FoundMessages = { text: '', hits: [] }

/** The messages of all sessions that have every word of a text. */
export function useSearch(client: ChatClient, text: string, limit: number): FoundMessages {
  const [found, setFound] = useState(nothing)
  useEffect(() => {
    if (text === '') return undefined
    let isCurrent = true
    const search = async () => {
      try {
        const { hits } = await client.search(text, { limit })
        if (isCurrent) setFound({ text, hits })
      } catch (error) {
        if (isCurrent) setFound({ text, hits: [], error: asChatError(error).message })
      }
    }
    const timer = setTimeout(() => void search(), restMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [client, text, limit])
  return text === '' ? nothing : found
}
