import { describe, expect, it } from 'vitest'

import { demoPrincipal } from './principal.ts'

const named = (url: string, header?: string) =>
  demoPrincipal({ headers: new Headers(header === undefined ? {} : { 'x-demo-as': header }), url })

describe('demoPrincipal', () => {
  it('is local where no name is given', () => {
    expect(named('/rpc/ws')).toEqual({ id: 'local' })
  })

  it('is the name of the URL or of the header, which wins', () => {
    expect(named('/rpc?as=ann')).toEqual({ id: 'ann' })
    expect(named('http://host/rpc?as=ann', 'bob')).toEqual({ id: 'bob' })
  })

  it.each(['', 'a b', 'ä', '../x', 'x'.repeat(65)])('is nobody for the name %j', (name) => {
    expect(named(`/rpc?as=${encodeURIComponent(name)}`)).toBeUndefined()
  })
})
