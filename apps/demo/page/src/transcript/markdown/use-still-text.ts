import { type RefObject, useEffect, useState } from 'react'

/** The text, which stays as it is while the mouse is pressed on it, so that it can be selected. */
export function useStillText(
  root: RefObject<HTMLElement | null>,
  text: string,
  growing: boolean,
): string {
  const [pressed, setPressed] = useState(false)
  const [still, setStill] = useState(text)
  if (!(pressed && growing) && still !== text) setStill(text)
  useEffect(() => {
    const element = root.current
    if (!growing || !element) return
    const onDown = ({ button }: PointerEvent) => {
      if (button === 0) setPressed(true)
    }
    const onUp = () => setPressed(false)
    element.addEventListener('pointerdown', onDown)
    // Wherever the press ends; a touch that scrolls is cancelled.
    window.addEventListener('pointerup', onUp)
    window.addEventListener('pointercancel', onUp)
    return () => {
      setPressed(false)
      element.removeEventListener('pointerdown', onDown)
      window.removeEventListener('pointerup', onUp)
      window.removeEventListener('pointercancel', onUp)
    }
  }, [root, growing])
  return still
}
