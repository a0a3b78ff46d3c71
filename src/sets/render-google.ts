import { isIssuerUrl } from '../registry/rules.ts'
import type { Inexpressible, Renderer, TokenRule } from './token-rule.ts'

/** Google's own limits: the longest subject in bytes, and the longest condition in characters. */
const subjectBytes = 127
const conditionLength = 4096

/** A provider of a workload identity pool, as gcloud and the API have it. */
export const renderGoogle: Renderer = {
  lacks: (rule) => [...issuerLacks(rule), ...lengthLacks(rule)],
  document: (rule, { provider }) => ({
    name: provider,
    attributeMapping: { 'google.subject': 'assertion.sub' },
    attributeCondition: conditionOf(rule),
    oidc: { issuerUri: rule.issuer, allowedAudiences: [rule.audience] },
  }),
}

function conditionOf({ subject, claims }: TokenRule): string {
  const asked = Object.entries({ sub: subject, ...claims })
  return asked.map(([name, value]) => `${claimIn(name)} == ${JSON.stringify(value)}`).join(' && ')
}

function claimIn(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `assertion.${name}` : `assertion[${JSON.stringify(name)}]`
}

function issuerLacks({ issuer }: TokenRule): Inexpressible[] {
  if (isIssuerUrl(issuer, { port: true, longest: 2000 })) return []
  return [
    { what: `issuer ${issuer}`, why: 'a provider of Google takes an https URL of at most 2000 characters' },
  ]
}

function lengthLacks(rule: TokenRule): Inexpressible[] {
  const bytes = Buffer.byteLength(rule.subject)
  const characters = conditionOf(rule).length
  return [
    ...(bytes > subjectBytes
      ? [
          {
            what: 'subject',
            why: `google.subject takes ${subjectBytes} bytes, and this has ${bytes}: map it from a shorter claim that is as unique`,
          },
        ]
      : []),
    ...(characters > conditionLength
      ? [
          {
            what: 'claims',
            why: `a condition takes ${conditionLength} characters, and this has ${characters}`,
          },
        ]
      : []),
  ]
}
