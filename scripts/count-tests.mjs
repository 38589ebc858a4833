// Prints what failed and why, then `N passed, N failed, N skipped`, from vitest's JSON reports; fails when
// any test failed or none ran. Plain JavaScript: the CI runs it on the machine's own Node, also when installing failed.
import { readFileSync } from 'node:fs'
import path from 'node:path'

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const report of process.argv.slice(2)) count(report)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0

/** @param {string} reportPath */
function count(reportPath) {
  let report
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8'))
  } catch (error) {
    console.error(`No test report at ${reportPath}: ${error.message}`)
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
    if (file.status === 'failed' && failed === 0) show('FAILED', file.name, '', file.message)
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (failureMessages.length === 0) continue
      // It failed first, and passed when it was tried again.
      const what = status === 'passed' ? 'UNSTABLE' : 'FAILED'
      show(what, file.name, fullName, failureMessages.join('\n'))
    }
  }
}

/**
 * Says at the end what failed, since what was printed when it happened is far above.
 *
 * @param {'FAILED' | 'UNSTABLE'} what
 * @param {string} file
 * @param {string} test
 * @param {string} message
 */
function show(what, file, test, message) {
  console.log(`${what} ${path.relative('.', file)} ${test}`.trimEnd())
  const lines = message.split('\n').filter((line) => !line.includes('node_modules'))
  for (const line of lines.slice(0, 20)) console.log(`  ${line}`)
}
