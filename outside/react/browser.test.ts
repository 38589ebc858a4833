// @vitest-environment node
// The promises of the hooks and the components, as tests/src/browser has them for the React of the workspace:
// the same pages in the same browser, with React 18 and the packed packages of this folder.
import { describeComponents } from '../../tests/src/browser/components/describe-components.ts'
import { describeMessageList } from '../../tests/src/browser/messages/describe-message-list.ts'
import { describeHooks } from '../../tests/src/browser/react/describe-hooks.ts'

describeHooks('18', { from: import.meta.dirname })
describeComponents('18', { from: import.meta.dirname })
describeMessageList('18', { from: import.meta.dirname })
