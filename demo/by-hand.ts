import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../src/world.ts'
import type { Cloud } from '../test/fakes/cloud.ts'
import type { Screen } from './screen.ts'
import type { Story } from './story.ts'

/** Says how to try the stories by hand, and leaves everything running until Ctrl-C. */
export async function untilStopped(stories: readonly Story[], cloud: Cloud, screen: Screen): Promise<void> {
  screen.line(
    '\nEverything is left running. In another terminal, in this folder, each in the environment of its story:\n',
  )
  for (const [i, story] of stories.entries()) {
    const { env, program } = await story.byHand(cloud)
    const file = join(cloud.home, `story-${i + 1}.env`)
    await writeFile(file, exports(env), { mode: 0o600 })
    screen.row(`story ${i + 1}`, `$ env -i sh -c '. ${file}; bin/mayfly run --verbose -- ${program}'`)
  }
  const sts = cloud.server.url
  screen.line()
  screen.row('service', `AWS STS, Google STS and the issuers’ keys: ${sts}`)
  screen.row('', `$ curl ${sts}/issuers/gitlab.com/.well-known/openid-configuration`)
  screen.line('\nCtrl-C ends it.')
  // A pending promise alone does not keep a process alive; the servers do.
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)))
}

/** Variables that a shell reads; the file is for this user alone and goes away with the demo. */
function exports(env: Environment): string {
  const lines = Object.entries(env).map(
    ([name, value = '']) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  )
  return `${lines.join('\n')}\n`
}
