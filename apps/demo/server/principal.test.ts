import { describe, expect, it } from 'vitest'

import { demoPrincipal } from './principal.ts'

const named = (url: string) => demoPrincipal({ headers: new Headers(), url })

describe('demoPrincipal', () => {
  it('is local without a name', () => {
    expect(named('/rpc/ws')).toEqual({ id: 'local' })
  })

  it('is the name in the URL', () => {
    expect(named('/rpc?as=ann')).toEqual({ id: 'ann' })
    expect(named('http://host/rpc/ws?as=ann')).toEqual({ id: 'ann' })
  })

  it.each(['', 'a b', 'ä', '../x', 'x'.repeat(65)])('is undefined for the name %j', (name) => {
    expect(named(`/rpc?as=${encodeURIComponent(name)}`)).toBeUndefined()
  })
})
