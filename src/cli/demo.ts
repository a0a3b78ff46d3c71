import { existsSync } from 'node:fs'
import { MayflyError } from '../errors.ts'
import type { Command, Io } from './command.ts'
import { readFlags, usage } from './flags.ts'

/** What `demo/index.ts` of a checkout exports. */
interface Demo {
  playStories(options: { readonly keep: boolean; readonly io: Io }): Promise<number>
}

export const demo: Command = {
  summary: 'the four stories, played on this machine with the real client SDKs',
  usage: `mayfly demo [--keep]

Starts a token service and small clouds on loopback, and lets real client SDKs call them with credentials that
Mayfly gave them: AWS to Google Cloud, GitLab CI to AWS, Kubernetes to AWS. Nothing leaves this machine, and
everything ends with the demo.

  --keep  leave everything running, and say how to try it by hand, until Ctrl-C

Exit code 0 when every story holds, 1 when one does not. Plays from a checkout alone.
`,
  async run(args, io) {
    const { values, positionals } = readFlags('demo', args, { keep: { type: 'boolean', default: false } })
    if (positionals.length > 0) throw usage('demo', `"${positionals[0]}" is one word too many`)
    // By a computed address, so that the bundle does not swallow the demo and the SDKs that it needs.
    const { playStories }: Demo = await import(demoUrl(import.meta.url).href)
    return playStories({ keep: values.keep, io })
  },
}

/** The demo beside the package.json that this file, source or bundle, belongs to: no other folder is looked into. */
function demoUrl(from: string): URL {
  let folder = new URL('.', from)
  while (!existsSync(new URL('package.json', folder)) && folder.pathname !== '/')
    folder = new URL('..', folder)
  const url = new URL('demo/index.ts', folder)
  if (existsSync(url)) return url
  throw new MayflyError('COMMAND_ABSENT', {
    message: 'the demo is not part of the published package: it plays from a checkout',
    hint: 'Clone the repository and run `npm start` in it.',
  })
}
