import type { ComponentPropsWithoutRef } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import { useComposer } from './composer-context.ts'

/**
 * An alert that says which files were not attached, and why: each in a `<p>`. It is there, empty, from the
 * start, so that a screen reader hears what comes into it.
 */
export function ComposerRefusals(props: ComponentPropsWithoutRef<'div'>) {
  const { refused } = useTexts().composer
  const { refusals } = useComposer()
  return (
    <div role="alert" {...props}>
      {refusals.map((refusal, index) => (
        <p key={index}>{refused(refusal)}</p>
      ))}
    </div>
  )
}
