import { parentPort, workerData } from 'node:worker_threads'
import { type Effort, fuzz } from './fuzz.ts'
import { targets } from './targets.ts'
import type { Report } from './watched.ts'

const { target: name, effort } = workerData as { readonly target: string; readonly effort: Effort }
const target = targets.find((each) => each.name === name)
if (!target) throw new Error(`there is no target ${name}`)

const report = (what: Report) => parentPort?.postMessage(what)
report({ outcome: await fuzz(target, effort, (trying) => report({ trying })) })
