import { MayflyError } from '../errors.ts'
import type { TrustDocument } from '../registry/documents.ts'
import { issueAttachedToken } from '../sts/public.ts'
import { gceMetadata, type MetadataTokens } from '../wire/gce-metadata.ts'
import type { GceFacts } from '../wire/gce-tree.ts'
import type { Platform, Stage } from './platform.ts'

const name = 'metadata.google.internal'
const address = '169.254.169.254'
/** Instances have it unless they are given less. */
const usualScopes = ['https://www.googleapis.com/auth/cloud-platform']

export const gce: Platform = {
  name: 'gce',
  takes: ['serviceAccount', 'region'],
  // https://docs.cloud.google.com/compute/docs/regions-zones
  regions: { usual: 'europe-west1', form: /^[a-z]+-[a-z]+\d{1,2}$/ },
  summary: `an instance of Compute Engine with a service account, by ${name}`,
  async open(stage) {
    const facts = factsOf(stage)
    const app = gceMetadata({ facts, clock: stage.clock, tokens: tokensOf(stage, facts.email) })
    return { env: {}, metadata: { [address]: app }, names: { [name]: address } }
  },
}

function tokensOf({ sts }: Stage, serviceAccount: string): MetadataTokens {
  return {
    async accessToken(scopes) {
      const minted = await issueAttachedToken(sts, {
        kind: 'GenerateAccessToken',
        serviceAccount,
        scopes: scopes.length > 0 ? scopes : usualScopes,
      })
      return { token: minted.token, expiresAtMs: minted.grant.expiresAtMs }
    },
    idToken: async (audience, { full }) =>
      (
        await issueAttachedToken(sts, {
          kind: 'GenerateIdToken',
          serviceAccount,
          audience,
          includeEmail: full,
        })
      ).token,
    failure: (error) =>
      error instanceof MayflyError
        ? { status: 400, code: error.code, description: error.message }
        : { status: 503, code: 'INTERNAL', description: 'the metadata server failed' },
  }
}

/** @throws LAB_ROLE when no service account was named and there is not exactly one */
function factsOf({ workload, trust }: Stage): GceFacts {
  const { email, project } = accountFor(workload.serviceAccount, trust)
  const { projectNumber, projectId } = project
  const zone = `projects/${projectNumber}/zones/${workload.region}-b`
  return {
    email,
    projectId,
    projectNumber,
    scopes: usualScopes,
    instance: {
      hostname: `mayfly-lab.${workload.region}-b.c.${projectId}.internal`,
      id: 4520031799277581759n.toString(),
      'machine-type': `projects/${projectNumber}/machineTypes/e2-medium`,
      name: 'mayfly-lab',
      zone,
    },
  }
}

function accountFor(named: string | undefined, { google }: TrustDocument) {
  const accounts = google.flatMap((project) =>
    project.serviceAccounts.map(({ email }) => ({ email, project })),
  )
  const fitting = named === undefined ? accounts : accounts.filter(({ email }) => email === named)
  if (fitting.length === 1) return fitting[0]!
  const emails = accounts.map(({ email }) => email).join(', ') || 'none'
  throw new MayflyError('LAB_ROLE', {
    message: `an instance of Compute Engine has one service account, and ${named === undefined ? 'none was named' : `${named} is not registered`}; the trust has ${emails}`,
    hint: 'Name one with --service-account.',
  })
}
