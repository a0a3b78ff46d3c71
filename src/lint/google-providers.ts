import { foreignAudiences } from './aws-keys.ts'
import { meantToken, providerName, tokenProviders } from './cel-tokens.ts'
import { conditionRules } from './condition-rules.ts'
import type { PlacedCondition } from './placed-condition.ts'
import type { Rule } from './rule.ts'

// Whose tokens a provider of a workload identity pool lets in.

type Given = Parameters<Rule['find']>[0]

function conditionsIn({ poolProviders }: Given): PlacedCondition[] {
  return tokenProviders(poolProviders).map((each) => ({
    ...each,
    document: { kind: 'provider', given: each.given },
    path: ['attributeCondition'],
    written: each.given.document.attributeCondition ?? '',
    with: (attributeCondition) => ({ ...each.given.document, attributeCondition }),
  }))
}

export const providerConditions: readonly Rule[] = conditionRules({
  name: 'google',
  what: 'a provider',
  open: 'high',
  conditionsIn,
})

export const sharedAudience: Rule = {
  id: 'google-shared-audience',
  severity: 'medium',
  what: 'a provider takes tokens that are made for somebody else',
  why: 'Whoever receives a token with a default audience, or with another cloud’s, can present it here until it expires.',
  find: (given) =>
    tokenProviders(given.poolProviders)
      .filter(({ given }) =>
        given.document.oidc!.allowedAudiences.some((each) => foreignAudiences.google.test(each)),
      )
      .map((each) => {
        const { oidc } = each.given.document
        const foreign = oidc!.allowedAudiences.find((audience) => foreignAudiences.google.test(audience))!
        const rest = oidc!.allowedAudiences.filter((audience) => !foreignAudiences.google.test(audience))
        const aud = rest[0] ?? `https:${providerName(each.given)}`
        return {
          document: { kind: 'provider', given: each.given },
          path: ['oidc', 'allowedAudiences'],
          effect: 'admits',
          message: `${foreign} is an audience of other services`,
          tokens: [{ ...meantToken(each), aud: foreign }],
          legitimate: [{ ...meantToken(each), aud }],
          fixed: { ...each.given.document, oidc: { ...oidc!, allowedAudiences: rest } },
        }
      }),
}
