// The conformance suite of Durable Streams, as `conformance.test.ts` runs it in the vitest that it brings.
import { runConformanceTests } from '@durable-streams/server-conformance-tests'

const baseUrl = process.env['CONFORMANCE_TEST_URL']
if (baseUrl === undefined) throw new Error('CONFORMANCE_TEST_URL is not set.')
runConformanceTests({ baseUrl, longPollTimeoutMs: 2_000 })
