// @vitest-environment node
// The promises of the hooks, as tests/src/browser/react.test.ts has them for the React of the workspace: the
// same page in the same browser, with React 18 and the packed web client of this folder.
import { describeHooks } from '../../tests/src/browser/react/describe-hooks.ts'

describeHooks('18', { from: import.meta.dirname })
