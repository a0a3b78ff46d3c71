import { Worker } from 'node:worker_threads'
import type { Effort, Outcome } from './fuzz.ts'

/** Five seconds: no input of 64 KiB takes a parser that long unless it hangs. */
const hangMs = 5000

/** What the worker says: the input that it is about to try, or how it ended. */
export type Report = { readonly trying: string } | { readonly outcome: Outcome }

/** Fuzzes a target in a thread of its own and watches over it: an input that never comes back is a finding too. */
export async function watched(target: string, effort: Effort): Promise<Outcome> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { target, effort },
    // As the main thread has it: with the four of a thread, what nests comes much further before it is refused.
    resourceLimits: { stackSizeMb: 1 },
  })
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  let trying: { readonly input: string; readonly sinceMs: number } | undefined
  worker.on('error', reject)
  worker.on('message', (report: Report) => {
    if ('outcome' in report) resolve(report.outcome)
    else trying = { input: report.trying, sinceMs: performance.now() }
  })
  const timer = setInterval(() => {
    if (trying && performance.now() - trying.sinceMs > hangMs) resolve(hang(target, effort, trying.input))
  }, 250)
  try {
    return await promise
  } finally {
    clearInterval(timer)
    await worker.terminate()
  }
}

function hang(target: string, { seed }: Effort, input: string): Outcome {
  return { runs: 0, taken: 0, finding: { target, input, why: `no answer after ${hangMs} ms`, seed } }
}
