import { type Context, Hono } from 'hono'
import type { IssuedToken } from '../issuer/issuer.ts'
import { accountOfArn } from '../sts/aws/arn.ts'
import { isoSecond } from '../wire/iso-time.ts'
import type { Environment } from '../world.ts'
import { clusterIssuer, clusterRoles } from './cluster-roles.ts'
import { issuerOf, workloadToken } from './issuers.ts'
import type { Platform, Site, SiteFile, Stage } from './platform.ts'
import { onlyOne, rolesFor } from './roles.ts'
import { sessions } from './sessions.ts'

const service = 'pods.eks.amazonaws.com'
const secrets = '/var/run/secrets'
const daySeconds = 86_400
// kubelet writes a token anew when so much of its life is over.
const rewrittenAt = 0.8

export const eks: Platform = {
  name: 'eks',
  summary: 'a pod of EKS: by what its role trusts, a token for the role (IRSA) or Pod Identity',
  takes: ['role', 'claims', 'region'],
  issuer: ({ region, role }, trust) =>
    clusterIssuer(trust, role) ??
    issuerOf('kubernetes', `https://oidc.eks.${region}.amazonaws.com/id/MAYFLYLAB`, trust),
  async open(stage) {
    const irsa = clusterRoles(stage.trust)
    const podIdentity = rolesFor(stage, service)
    const fitting = [...new Set([...irsa, ...podIdentity])]
    const role =
      stage.workload.role ??
      onlyOne(fitting, `a role that ${service} or the cluster's issuer may assume`, stage)
    return podIdentity.includes(role) ? podIdentitySite(stage, role) : irsaSite(stage, role)
  },
}

/** @see https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html */
function irsaSite(stage: Stage, role: string): Site {
  const path = 'eks.amazonaws.com/serviceaccount/token'
  return {
    env: {
      ...podVariables(stage),
      AWS_STS_REGIONAL_ENDPOINTS: 'regional',
      AWS_ROLE_ARN: role,
      AWS_WEB_IDENTITY_TOKEN_FILE: `${secrets}/${path}`,
    },
    files: [apiServerToken(stage), projected(path, () => token(stage, ['sts.amazonaws.com']))],
  }
}

/** @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html */
function podIdentitySite(stage: Stage, roleArn: string): Site {
  const path = `${service}/serviceaccount/eks-pod-identity-token`
  const given: IssuedToken[] = []
  const minted = () => {
    given.push(token(stage, [service]))
    return given.at(-1)!
  }
  return {
    env: {
      ...podVariables(stage),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: `${secrets}/${path}`,
    },
    metadata: { '169.254.170.23': podIdentityAgent(stage, roleArn, given) },
    files: [apiServerToken(stage), projected(path, minted)],
  }
}

/** The agent on the node: a session of the role for whoever shows the pod's token, as it is and without a scheme. */
function podIdentityAgent({ sts, clock }: Stage, roleArn: string, given: readonly IssuedToken[]): Hono {
  const current = sessions({ sts, clock }, { roleArn, service, sessionName: 'eks-mayfly-lab-pod' })
  const holds = (shown: string) =>
    given.some(({ token, claims }) => token.reveal() === shown && Number(claims.exp) * 1000 > clock.now())
  const app = new Hono()
  app.get('/v1/credentials', async (c: Context) => {
    const shown = c.req.header('authorization')
    if (!shown) return c.text('Service account token cannot be empty', 400)
    if (!holds(shown)) return c.text('Service account token is not of this pod, or has expired', 401)
    const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = await current()
    return c.json({
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey.reveal(),
      Token: sessionToken?.reveal(),
      AccountId: accountOfArn(roleArn),
      Expiration: isoSecond(expiresAtMs),
    })
  })
  return app
}

function podVariables({ workload: { region } }: Stage): Environment {
  return {
    KUBERNETES_SERVICE_HOST: '10.100.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  }
}

function token(stage: Stage, audience: readonly string[]): IssuedToken {
  return workloadToken(stage, audience, { lifetimeSeconds: daySeconds })
}

/** Every pod has it, for the API server and for nobody else. */
function apiServerToken(stage: Stage): SiteFile {
  return projected('kubernetes.io/serviceaccount/token', () => token(stage, []))
}

function projected(path: string, mint: () => IssuedToken): SiteFile {
  return {
    path: `/run/secrets/${path}`,
    content: () => ({ text: mint().token.reveal(), lastsMs: daySeconds * 1000 * rewrittenAt }),
  }
}
