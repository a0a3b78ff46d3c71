import { isIssuerUrl } from '../registry/rules.ts'
import { compileClaimKeys } from '../trust/aws-claims.ts'
import type { Inexpressible, Renderer, TokenRule } from './token-rule.ts'

/** A trust policy, as `aws iam create-role --assume-role-policy-document` takes it. */
export const renderAws: Renderer = {
  lacks: (rule) => [...issuerLacks(rule), ...claimLacks(rule)],
  document({ issuer, subject, audience, claims }, { account }) {
    const host = hostOf(issuer)
    const asked = { aud: audience, sub: subject, ...claims }
    const conditions = Object.entries(asked).map(([name, value]) => [`${host}:${name}`, literal(value)])
    return {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: Object.fromEntries(conditions) },
        },
      ],
    }
  },
}

function hostOf(issuer: string): string {
  return issuer.replace(/^https:\/\//, '')
}

/** A policy variable begins with `${`: a dollar that stands for itself is written `${$}`. */
function literal(text: string): string {
  return text.split('${').join(`${dollar}{`)
}

const dollar = '$'.concat('{$}')

function issuerLacks({ issuer }: TokenRule): Inexpressible[] {
  if (isIssuerUrl(issuer, { longest: 255 })) return []
  const why = 'an OIDC provider of AWS takes an https URL of at most 255 characters, without a port'
  return [{ what: `issuer ${issuer}`, why }]
}

function claimLacks({ issuer, claims }: TokenRule): Inexpressible[] {
  const { withheld } = compileClaimKeys(hostOf(issuer))
  return Object.keys(claims)
    .filter((name) => withheld({ [name]: '' }).size > 0)
    .map((name) => ({
      what: `claim ${name}`,
      why: `AWS has no condition key for it of this issuer: have the issuer put it into sub (${inSubject(issuer)})`,
    }))
}

/** How a platform is told to say more in its subjects. */
function inSubject(issuer: string): string {
  if (issuer.includes('token.actions.githubusercontent.com'))
    return 'GitHub: include_claim_keys of the OIDC subject customization'
  if (issuer.includes('gitlab')) return 'GitLab: ci_id_token_sub_claim_components'
  return 'its settings for subjects'
}
