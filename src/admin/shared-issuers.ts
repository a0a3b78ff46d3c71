import { MayflyError } from '../errors.ts'
import type { Policy, Statement } from '../trust/aws-policy.ts'

const subject = ['sub']
const audience = ['aud']

/**
 * Issuers that sign for everybody who has an account with them, and the claims of which AWS demands one in a trust policy.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
 */
const demanded: ReadonlyMap<string, readonly string[]> = new Map([
  ['agent.buildkite.com', subject],
  ['api.pulumi.com/oidc', audience],
  ['app.terraform.io', subject],
  ['cognito-identity.amazonaws.com', audience],
  ['gitlab.com', subject],
  ['oidc-configuration.audit-log.githubusercontent.com', subject],
  ['oidc.codefresh.io', subject],
  // IBM Turbonomic: the issuers of its releases.
  ['oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu', subject],
  ['oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb', subject],
  ['rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7', subject],
  ['rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr', subject],
  ['rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg', subject],
  ['rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26', subject],
  ['oidc.vercel.com', audience],
  ['proidc.upbound.io', subject],
  ['sandboxes.cloud', audience],
  ['scalr.io', subject],
  // Azure Sentinel tells its customers apart by the name of the session.
  ['sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d', ['sts:RoleSessionName']],
  ['studio.datachain.ai/api', subject],
  ['token.actions.githubusercontent.com', ['sub', 'job_workflow_ref']],
  ['tokens.cloud.shisho.dev', subject],
  ['vstoken.actions.githubusercontent.com', subject],
])

/**
 * AWS's control when a role is created or its trust changed: whoever lets tokens of a shared issuer in has to look at
 * whose they are. It lets `repo:*` through, and a list with one value that is not open; `mayfly lint` does not.
 * @throws TRUST_POLICY
 */
export function checkSharedIssuers({ statements }: Policy): void {
  for (const statement of statements)
    if (statement.effect === 'Allow')
      for (const principal of statement.principals?.list.listed ?? []) checkPrincipal(principal, statement)
}

function checkPrincipal(principal: string, { conditions }: Statement): void {
  const host = /:oidc-provider\/(.+)$/.exec(principal)?.[1] ?? principal
  const claims = demanded.get(host)
  if (!claims) return
  const keys = claims.map((claim) => (claim.includes(':') ? claim : `${host}:${claim}`))
  const looksAt = ({ name, key, expected }: Statement['conditions'][number]) =>
    /^(For(AnyValue|AllValues):)?String(Equals|Like|EqualsIgnoreCase)$/.test(name) &&
    keys.some((each) => each.toLowerCase() === key.toLowerCase()) &&
    expected.some((value) => !value.startsWith('*'))
  if (conditions.some(looksAt)) return
  const text = `Trust policy with trusted principal ${principal} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${keys.join(' or ')} which is not scoped to all.`
  throw new MayflyError('TRUST_POLICY', {
    message: `${host} signs tokens for everybody, and nothing in the statement says whose are meant`,
    values: { text },
    hint: `Add a condition on ${keys.join(' or ')} that names your organisation.`,
  })
}
