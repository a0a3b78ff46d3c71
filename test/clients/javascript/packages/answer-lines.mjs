import { createInterface } from 'node:readline'

/** One call for each line on standard input, its outcome as a line of JSON. */
export async function answerLines(call) {
  for await (const _ of createInterface({ input: process.stdin })) {
    const outcome = await call().then(
      (text) => ({ ok: true, text: String(text) }),
      (error) => ({ ok: false, text: `${error.name}: ${error.message}` }),
    )
    console.log(JSON.stringify(outcome))
  }
}
