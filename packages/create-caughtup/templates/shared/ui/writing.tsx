import {
  Composer,
  ComposerAttach,
  ComposerAttachments,
  ComposerField,
  type ComposerProps,
  ComposerRefusals,
  ComposerSend,
  ComposerStop,
} from '@caughtup/react-ui'

/** The field for a prompt, with its buttons. */
export function Writing(props: ComposerProps) {
  return (
    <Composer {...props} className="writing">
      <ComposerAttachments className="files" />
      <ComposerRefusals className="quiet" />
      <ComposerAttach>+</ComposerAttach>
      <ComposerField focusOnMount />
      <ComposerStop />
      <ComposerSend className="primary">↑</ComposerSend>
    </Composer>
  )
}
