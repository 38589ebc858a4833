// Prints `N passed, N failed, N skipped` from vitest's JSON reports; fails when any test failed or
// none ran. Plain JavaScript: the CI runs it on the machine's own Node, also when installing failed.
import { readFileSync } from 'node:fs'

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const path of process.argv.slice(2)) count(path)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0

/** @param {string} path */
function count(path) {
  let report
  try {
    report = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    console.error(`No test report at ${path}: ${error.message}`)
    return
  }
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map((test) => test.status)
    const failed = statuses.filter((status) => status === 'failed').length
    const passed = statuses.filter((status) => status === 'passed').length
    counts.passed += passed
    counts.skipped += statuses.length - failed - passed
    // A file that breaks on import or in a hook fails without any failed test of its own.
    counts.failed += file.status === 'failed' ? Math.max(failed, 1) : failed
  }
}
