import { describe, expect, it } from 'vitest'

import { demoPrincipal } from './principal.ts'

const named = (url: string) => demoPrincipal({ headers: new Headers(), url })

describe('demoPrincipal', () => {
  it('is local where no name is given', () => {
    expect(named('/rpc/ws')).toEqual({ id: 'local' })
  })

  it('is the name in the URL', () => {
    expect(named('/rpc?as=ann')).toEqual({ id: 'ann' })
    expect(named('http://host/rpc/ws?as=ann')).toEqual({ id: 'ann' })
  })

  it.each(['', 'a b', 'ä', '../x', 'x'.repeat(65)])('is nobody for the name %j', (name) => {
    expect(named(`/rpc?as=${encodeURIComponent(name)}`)).toBeUndefined()
  })
})
