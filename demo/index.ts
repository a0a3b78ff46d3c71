import { rmSync } from 'node:fs'
import type { Io } from '../src/cli/command.ts'
import { type Cloud, startCloud } from '../test/fakes/cloud.ts'
import { untilStopped } from './by-hand.ts'
import { createScreen, type Screen } from './screen.ts'
import { ecsToGoogle } from './stories/1-ecs-to-google.ts'
import { batchToBigQuery } from './stories/2-batch-to-bigquery.ts'
import { gitlabToAws } from './stories/3-gitlab-to-aws.ts'
import { kubernetesToS3 } from './stories/4-kubernetes-to-s3.ts'
import type { Outcome, Story } from './story.ts'

export const stories: readonly Story[] = [ecsToGoogle, batchToBigQuery, gitlabToAws, kubernetesToS3]

export interface DemoOptions {
  /** Leave everything running afterwards, until Ctrl-C. */
  readonly keep: boolean
  readonly io: Io
}

/** @returns the exit code: 0 when every story holds. */
export async function playStories({ keep, io }: DemoOptions): Promise<number> {
  const screen = createScreen(io)
  const cloud = await startCloud()
  // Ctrl-C while a story plays: tokens and keys in files do not stay behind.
  const interrupted = () => {
    rmSync(cloud.home, { recursive: true, force: true })
    process.exit(130)
  }
  process.once('SIGINT', interrupted)
  try {
    screen.line(`A token service and four small services on loopback, by the trust of examples/trust.yaml.`)
    screen.line(`The programs are real client SDKs, and nothing leaves this machine.`)
    const played: Played[] = []
    for (const [i, story] of stories.entries()) played.push(await play(story, i + 1, { cloud, screen }))
    showTable(screen, played)
    process.off('SIGINT', interrupted)
    if (keep) await untilStopped(stories, cloud, screen)
    return played.every((each) => each.outcome) ? 0 : 1
  } finally {
    await cloud.close()
  }
}

interface Played {
  readonly name: string
  /** Absent when it does not hold. */
  readonly outcome?: Outcome
}

async function play(
  story: Story,
  number: number,
  stage: { readonly cloud: Cloud; readonly screen: Screen },
): Promise<Played> {
  const { screen } = stage
  const name = `${number}  ${story.name}`
  screen.line(`\n${screen.paint('bold', `${number}. ${story.title}`)}\n`)
  const began = performance.now()
  try {
    const outcome = await story.play(stage)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    screen.line(`\n  ${screen.paint('green', '✓')} story ${number} holds (${seconds} s)`)
    return { name, outcome }
  } catch (error) {
    screen.line(`\n  ${screen.paint('red', '✗')} story ${number} does not hold: ${(error as Error).message}`)
    return { name }
  }
}

function showTable(screen: Screen, played: readonly Played[]): void {
  const head = ['story', 'what ran', 'allowed call', 'refused attempt', 'result']
  const rows = played.map(({ name, outcome }) =>
    outcome
      ? [name, outcome.ran, outcome.allowed, outcome.refused, screen.paint('green', 'holds')]
      : [name, '', '', '', screen.paint('red', 'does not hold')],
  )
  screen.line()
  screen.table([head.map((word) => screen.paint('dim', word)), ...rows])
}
