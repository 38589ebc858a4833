// One case of one bench, by the bench's name and the case's place in it: what `run-bench.ts`
// starts, and what a profiler can be started with. Prints the rows as JSON.
import { benches } from './benches.ts'
import { parseOptions } from './options.ts'

const { names, ...profile } = parseOptions(process.argv.slice(2))
const [name, index, folder] = names
const found = benches.find((bench) => bench.name === name)?.cases(profile)[Number(index)]
if (!found || folder === undefined) throw new Error(`There is no case ${index} of ${name}`)
process.stdout.write(JSON.stringify(await found.measure(folder)))
