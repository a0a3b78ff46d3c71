import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MayflyError } from '../errors.ts'
import type { SourceChoice } from '../plan.ts'
import type { JwtProof } from '../proof.ts'
import type { Environment, World } from '../world.ts'
import { audiencesOf, type Claims, isFor, jwtProof, peekClaims } from './jwt.ts'
import { readTokenFile } from './read-token.ts'
import type { Audience, Sighting, Source } from './source.ts'

export interface KubernetesPlaces {
  /** Where volumes with tokens are mounted. Default: `/var/run/secrets`, by convention of kubelet and of every webhook. */
  readonly secrets?: string
}

interface PodToken {
  readonly path: string
  readonly token: string
  readonly claims: Claims
}

// These name a token file; the AWS and Azure webhooks set them.
const namingVariables = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AZURE_FEDERATED_TOKEN_FILE'] as const
const apiServers = 'kubernetes.io/serviceaccount/token'
const podIdentitys = 'pods.eks.amazonaws.com'
// `<secrets>/azure/wi/token/azure-identity-token` is the deepest of those in use.
const deepest = 4
// Of folders, of entries in each, and of tokens: pods have a handful.
const mostFiles = 64
const project =
  'Project a ServiceAccount token with that audience into the pod (volumes: projected: sources: serviceAccountToken: audience), or set `audience:` in mayfly.yaml to one that is there.'

/**
 * A pod's ServiceAccount tokens, known apart by their audience. Read at every call: kubelet rewrites each at 80 % of its lifetime.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/ "ServiceAccount token volume projection"
 */
export function kubernetes(
  world: World,
  choice: SourceChoice = {},
  { secrets = '/var/run/secrets' }: KubernetesPlaces = {},
): Source {
  return {
    name: 'kubernetes',
    gives: 'jwt',
    detect: () => sight(world.env, choice.file, secrets),
    prove: (audience) =>
      choice.file ? proveFrom(choice.file, audience, world) : proveFromAny(audience, world, secrets),
  }
}

/**
 * A pod without a token of its own is not seen here, unlike a CI job without one: EKS Pod Identity, or keys that somebody
 * put into its variables, are identities that it was given on purpose.
 */
function sight(env: Environment, file: string | undefined, secrets: string): Sighting {
  if (!env.KUBERNETES_SERVICE_HOST) return { here: false, saw: 'KUBERNETES_SERVICE_HOST is not set' }
  if (file) return { here: true, saw: `KUBERNETES_SERVICE_HOST is set, and the token is to be in ${file}` }
  const paths = tokenPaths(env, secrets)
  const meant = paths.filter((path) => !isBuiltIn(path, secrets))
  if (meant.length) return { here: true, saw: `KUBERNETES_SERVICE_HOST is set, with ${meant.join(', ')}` }
  return {
    here: false,
    saw: `KUBERNETES_SERVICE_HOST is set, but the pod has ${paths.length ? "only the API server's own token" : 'no token'}`,
    hint: project,
  }
}

/** The tokens that pods have without asking for one: the API server's, and the one for the agent of EKS Pod Identity (source `ecs`). */
function isBuiltIn(path: string, secrets: string): boolean {
  return path === join(secrets, apiServers) || path.startsWith(join(secrets, podIdentitys))
}

async function proveFrom(path: string, audience: Audience, { clock }: World): Promise<JwtProof> {
  const found = await read(path)
  if (!audience.usual && !isFor(found.claims, audience.value)) throw wrongAudience([found], audience)
  return proof(found, clock)
}

/**
 * The token that is made out to this audience, and no other: a pod's other tokens are for other services, and the API server's
 * would let a token service act as the pod.
 */
async function proveFromAny(audience: Audience, { env, clock }: World, secrets: string): Promise<JwtProof> {
  const paths = tokenPaths(env, secrets)
  if (!paths.length) {
    const { saw, hint } = sight(env, undefined, secrets)
    throw new MayflyError('SOURCE_ABSENT', {
      message: `no ServiceAccount token: ${saw}`,
      ...(hint && { hint }),
    })
  }
  const results = await Promise.allSettled(paths.map(read))
  const found = results.filter((each) => each.status === 'fulfilled').map((each) => each.value)
  const meant = found.filter(({ claims }) => isFor(claims, audience.value)).sort(byExpiry)[0]
  if (meant) return proof(meant, clock)
  const unreadable = results.find((each) => each.status === 'rejected')
  throw unreadable ? unreadable.reason : wrongAudience(found, audience)
}

async function read(path: string): Promise<PodToken> {
  const token = await readTokenFile(path)
  return { path, token, claims: peekClaims(token) ?? {} }
}

const proof = ({ path, token }: PodToken, clock: World['clock']) =>
  jwtProof({ what: `the ServiceAccount token in ${path}`, token, clock })

const byExpiry = (a: PodToken, b: PodToken) => Number(b.claims.exp) - Number(a.claims.exp)

function wrongAudience(tokens: readonly PodToken[], { value }: Audience): MayflyError {
  const found = tokens.map(({ path, claims }) => `${path} (${audiencesOf(claims).join(', ') || 'none'})`)
  return new MayflyError('SOURCE_AUDIENCE', {
    message: `a ServiceAccount token for the audience ${value} is wanted, and the pod has ${found.join(', ')}`,
    values: { wanted: value, found },
    hint: project,
  })
}

/** The files that variables name, though they be missing (that is a failure to tell of), and those that lie where tokens are mounted. */
function tokenPaths(env: Environment, secrets: string): string[] {
  const named = namingVariables.flatMap((name) => env[name] || [])
  return [...new Set([...named, ...mounted(secrets)])]
}

function mounted(secrets: string): string[] {
  const tokens: string[] = []
  const rest = [{ directory: secrets, depth: 1 }]
  for (let looked = 0; looked < mostFiles && rest.length; looked++) {
    const { directory, depth } = rest.shift()!
    for (const name of entries(directory)) {
      const path = join(directory, name)
      const kind = kindOf(path)
      if (kind === 'directory' && depth < deepest) rest.push({ directory: path, depth: depth + 1 })
      if (kind === 'file' && name.includes('token')) tokens.push(path)
    }
  }
  return tokens.slice(0, mostFiles)
}

/** Without kubelet's `..data` and `..2026_11_22…`, which hold the same files once more. */
function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => !name.startsWith('..'))
      .sort()
      .slice(0, mostFiles)
  } catch {
    return []
  }
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  try {
    const status = statSync(path)
    return status.isFile() ? 'file' : status.isDirectory() ? 'directory' : undefined
  } catch {
    return undefined
  }
}
