import { MayflyError } from '../errors.ts'
import type { Lease } from '../lease.ts'
import type { CredentialPlan, GoogleStep } from '../plan.ts'
import { gceMetadata, type MetadataTokens } from '../wire/gce-metadata.ts'
import type { GceFacts } from '../wire/gce-tree.ts'
import { serveLoopback } from '../wire/loopback.ts'
import type { Clock } from '../world.ts'
import { liveAccessToken, liveIdToken } from './carried.ts'
import type { Delivery } from './delivery.ts'
import { answerOf, sentences } from './failure.ts'
import { gceEnvironment } from './gce-environment.ts'
import { hideGcloudFolder } from './gcloud-folder.ts'

export const gce: Delivery = {
  name: 'gce',
  carries: ['access-token'],
  async deliver({ lease, plan, directory, world }) {
    const facts = gceFacts(plan)
    await liveAccessToken(lease, world.clock)
    const configFolder = await hideGcloudFolder({ env: world.env, directory, log: world.log })
    const server = await serveLoopback(gceApp({ lease, clock: world.clock, facts }), {
      refuseForwarded: true,
    })
    const changes = gceEnvironment({
      host: server.address,
      ...(facts.projectId !== undefined && { projectId: facts.projectId }),
      ...(configFolder !== undefined && { configFolder }),
    })
    return { changes, close: server.close }
  },
}

export interface GceSetting {
  readonly lease: Lease
  readonly clock: Clock
  readonly facts: GceFacts
}

/** A metadata server whose tokens are a lease's: for `serveLoopback` alone, with forwarded requests refused. */
export function gceApp({ lease, clock, facts }: GceSetting) {
  return gceMetadata({ tokens: tokensOf(lease, clock), clock, facts })
}

function tokensOf(lease: Lease, clock: Clock): MetadataTokens {
  return {
    accessToken: (scopes) => liveAccessToken(lease, clock, scopes.length > 0 ? { scopes } : {}),
    idToken: async (audience) => (await liveIdToken(lease, clock, audience)).token,
    failure(error) {
      const answer = answerOf(error)
      return { status: answer.status, code: answer.code, description: sentences(answer) }
    },
  }
}

/** What the plan tells about the project and the account. */
export function gceFacts(plan: CredentialPlan): GceFacts {
  const step = plan.steps.at(-1)
  if (step?.to !== 'google')
    throw new MayflyError('DELIVERY_KIND', { message: `"${plan.name}" does not end at Google Cloud` })
  const email = step.impersonation?.email ?? 'default'
  const { project: projectId } = plan
  return {
    email,
    scopes: step.scopes,
    projectNumber: numberOf(step),
    ...(projectId !== undefined && { projectId }),
  }
}

// `//iam.googleapis.com/projects/N/…`: the pool's project, the one number that is known here.
function numberOf({ provider }: GoogleStep): string {
  const number = /\/projects\/([0-9]+)\//.exec(provider)?.[1]
  return number ?? '0'
}
