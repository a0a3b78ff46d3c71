import { type Attempt, MayflyError } from '../errors.ts'
import type { SourceChoice } from '../plan.ts'
import { nearest } from '../wire/nearest.ts'
import type { World } from '../world.ts'
import { awsEnvironment } from './aws-environment.ts'
import { ecs } from './ecs.ts'
import { githubActions } from './github-actions.ts'
import { gitlabCi } from './gitlab-ci.ts'
import { kubernetes } from './kubernetes.ts'
import type { MakeSource, Sighting, Source } from './source.ts'
import { tokenFile } from './token-file.ts'

/** Every source, in the order in which they are looked for: the narrower the identity, the earlier. */
export const sources: readonly (readonly [string, MakeSource])[] = [
  // One job. Self-hosted runners are pods or tasks themselves, and a job must not act as its runner.
  ['github-actions', githubActions],
  // One job, for the same reason.
  ['gitlab-ci', gitlabCi],
  // One ServiceAccount. Before `ecs`, since a pod with a token made out to the cloud was given it for that cloud.
  ['kubernetes', kubernetes],
  // One task. Before the variables, since start scripts export a task's credentials there and nothing renews those.
  ['ecs', ecs],
  // Whatever a person or a webhook has put there; after the platforms that know more of such a file.
  ['token-file', tokenFile],
  // Last: bound to no workload, and never renewed.
  ['aws-environment', awsEnvironment],
]

/** What one source is and whether it is here, for people. */
export interface SourceReport extends Sighting {
  readonly name: string
  readonly gives: Source['gives']
}

/**
 * The source that was named, or the first that is seen here. Whatever it does next, no other is tried: falling through to another
 * identity is how a node's role stands in for a task's, and a runner's for a job's.
 * @throws CONFIG_FIELD when there is no source of that name
 * @throws SOURCE_NONE with one attempt per source, saying what was looked for
 */
export function chooseSource(choice: SourceChoice, world: World): Source {
  if (choice.name !== undefined) return sourceNamed(choice.name)(world, choice)
  const made = sources.map(([, make]) => make(world, choice))
  const fitting = made.filter((source) => !choice.gives || source.gives === choice.gives)
  return fitting.find((source) => source.detect().here) ?? none(made, choice)
}

function sourceNamed(wanted: string): MakeSource {
  const found = sources.find(([name]) => name === wanted)
  if (found) return found[1]
  const names = sources.map(([name]) => name)
  const near = nearest(wanted, names)
  throw new MayflyError('CONFIG_FIELD', {
    message: `there is no source ${JSON.stringify(wanted)}; ${near ? `did you mean ${near}?` : `there are ${names.join(', ')}`}`,
    values: { wanted, names },
  })
}

function none(made: readonly Source[], { gives }: SourceChoice): never {
  const sightings = made.map((source) => ({ source, sighting: source.detect() }))
  const attempts = sightings.map(({ source, sighting }): Attempt => {
    const unfit = gives !== undefined && source.gives !== gives
    const kind = source.gives === 'jwt' ? 'a JWT' : 'AWS credentials'
    return {
      what: source.name,
      why: unfit ? `gives ${kind}, which is not what is wanted here` : sighting.saw,
    }
  })
  const hint = sightings.find(({ source, sighting }) => sighting.hint && (!gives || source.gives === gives))
    ?.sighting.hint
  throw new MayflyError('SOURCE_NONE', {
    message: `nothing here gives this workload ${gives === 'aws' ? 'AWS credentials to prove' : 'a proof of'} its identity (${attempts.map(({ what, why }) => `${what}: ${why}`).join('; ')})`,
    attempts,
    ...(hint && { hint }),
  })
}

/** Every source with what was seen of it. Local signs only. */
export function describeSources(world: World): readonly SourceReport[] {
  return sources.map(([, make]) => {
    const source = make(world)
    return { name: source.name, gives: source.gives, ...source.detect() }
  })
}
