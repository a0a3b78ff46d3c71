import { isMembers } from '../registry/places.ts'
import { compileClaimKeys } from '../trust/aws-claims.ts'
import { suspected } from './aws-suspicion.ts'
import type { Claims, Rule, Suspicion } from './rule.ts'
import {
  type Condition,
  listed,
  put,
  restricts,
  take,
  type WebStatement,
  webStatements,
  withConditions,
} from './statements.ts'
import { filled, jobMeant, meantToken, tokenOf } from './tokens.ts'

// Which keys an AWS condition can ask for, and for whom a token was made.

export const missingAudience: Rule = {
  id: 'aws-missing-aud',
  severity: 'medium',
  what: 'a role does not say for whom a token has to be made',
  why: 'Any client ID of the OIDC provider will do, also one that another service gets tokens with.',
  find: (given) =>
    webStatements(given)
      .filter(({ conditions }) => !conditions.some((each) => each.claim === 'aud' && restricts(each)))
      .map((each) => ({
        ...suspected(each, ['Statement', each.index]),
        message: `no condition on ${each.host}:aud`,
        tokens: otherAudiences(given, each).map((aud) => meantToken(each, { aud })),
        legitimate: audiencesOf(given, each).map((aud) => meantToken(each, { aud })),
        fixed: withConditions(each, (block) =>
          put(block, 'StringEquals', `${each.host}:aud`, audiencesOf(given, each)[0]),
        ),
      })),
}

type Given = Parameters<Rule['find']>[0]

/** The client IDs that are known of the provider; the usual one where none are. */
function audiencesOf({ oidcProviders }: Given, { issuer, role }: WebStatement): readonly string[] {
  const provider = oidcProviders.find(
    ({ account, document }) => document.url === issuer && (account ?? role.account) === role.account,
  )
  return provider?.document.clientIds.length ? provider.document.clientIds : ['sts.amazonaws.com']
}

function otherAudiences(given: Given, statement: WebStatement): readonly string[] {
  const [, ...others] = audiencesOf(given, statement)
  return others.length > 0 ? others : ['https://another-service.example']
}

/** Audiences that tokens have which were made for somebody else, by the cloud that they are presented to. */
export const foreignAudiences: Readonly<Record<'aws' | 'google' | 'entra' | 'oauth', RegExp>> = {
  aws: /^(https:\/\/gitlab\.com|https:\/\/github\.com\/[^/]+|api:\/\/AzureADTokenExchange|https:\/\/iam\.googleapis\.com\/.*)$/,
  google:
    /^(https:\/\/gitlab\.com|https:\/\/github\.com\/[^/]+|api:\/\/AzureADTokenExchange|sts\.amazonaws\.com)$/,
  oauth:
    /^(https:\/\/gitlab\.com|https:\/\/github\.com\/[^/]+|api:\/\/AzureADTokenExchange|sts\.amazonaws\.com|https:\/\/iam\.googleapis\.com\/.*)$/,
  entra:
    /^(https:\/\/gitlab\.com|https:\/\/github\.com\/[^/]+|sts\.amazonaws\.com|https:\/\/iam\.googleapis\.com\/.*)$/,
}

export const sharedAudience: Rule = {
  id: 'aws-shared-audience',
  severity: 'medium',
  what: 'a role takes tokens that are made for somebody else',
  why: 'Whoever receives a token with a default audience, or with another cloud’s, can present it here until it expires.',
  find: (given) =>
    webStatements(given).flatMap((statement) =>
      statement.conditions
        .filter((each) => each.claim === 'aud' && restricts(each))
        .filter(({ values }) => values.some((value) => foreignAudiences.aws.test(value)))
        .map((condition) => ({
          ...suspected(statement, condition.path),
          message: `${condition.values.join(', ')} is an audience of other services`,
          tokens: [meantToken(statement)],
          legitimate: [meantToken(statement, { aud: 'sts.amazonaws.com' })],
          fixed: withConditions(statement, (block) => {
            take(block, condition)
            put(block, 'StringEquals', condition.key, 'sts.amazonaws.com')
          }),
        })),
    ),
}

export const keyNotOffered: Rule = {
  id: 'aws-key-not-offered',
  severity: 'medium',
  what: 'a condition asks for a claim that AWS has no condition key for',
  why: 'AWS offers aud, sub, amr and email of every issuer, and others of a few issuers only: gitlab.com’s are not those of a GitLab of one’s own. The condition never holds.',
  find: (given) =>
    webStatements(given).flatMap((statement) => {
      const { withheld } = compileClaimKeys(statement.issuer)
      return statement.conditions
        .filter(
          (each) => each.claim !== undefined && restricts(each) && withheld({ [each.claim]: '' }).size > 0,
        )
        .map((condition) => {
          const meant = meantToken(statement, { [condition.claim!]: filled(condition.values[0] ?? '') })
          const message = `AWS has no condition key ${condition.key}`
          return refusing(statement, condition, meant, message, (block) => {
            take(block, condition)
            if (!statement.conditions.some((each) => each.claim === 'sub'))
              put(block, 'StringEquals', `${statement.host}:sub`, meant.sub)
          })
        })
    }),
}

export const otherIssuersKey: Rule = {
  id: 'aws-other-issuer-key',
  severity: 'medium',
  what: 'a condition asks for a claim of another issuer than the one that is trusted',
  why: 'A condition key begins with the issuer that its principal names. One of gitlab.com says nothing about tokens of a GitLab of one’s own: it is absent, and the condition never holds.',
  find: (given) =>
    webStatements(given).flatMap((statement) =>
      statement.conditions
        .filter((each) => each.claim === undefined && isOfIssuer(each.key) && restricts(each))
        .map((condition) => {
          const meant = { ...tokenOf(statement, jobMeant(statement)), ...valuesOf(statement) }
          const message = `${condition.key} is a key of another issuer than ${statement.host}`
          return refusing(statement, condition, meant, message, (block) => renameKeys(block, statement))
        }),
    ),
}

/** A condition that keeps out the very token that is meant. */
function refusing(
  statement: WebStatement,
  { path }: Condition,
  meant: Claims,
  message: string,
  change: Parameters<typeof withConditions>[1],
): Suspicion {
  const fixed = withConditions(statement, change)
  return {
    ...suspected(statement, path),
    message,
    effect: 'refuses',
    tokens: [meant],
    legitimate: [meant],
    fixed,
  }
}

/** What looks like a key of an issuer, and is none of the vendors' own (`aws:SourceIp`, `sts:ExternalId`). */
function isOfIssuer(key: string): boolean {
  return /^[^:]+\.[^:]+:[^:]+$/.test(key)
}

function valuesOf({ conditions }: WebStatement): Readonly<Record<string, string>> {
  const pairs = conditions
    .filter(({ key }) => isOfIssuer(key))
    .map(({ key, values }) => [/:([^:]+)$/.exec(key)![1]!, filled(values[0] ?? '')])
  return Object.fromEntries(pairs)
}

function renameKeys(block: Record<string, Record<string, unknown>>, { host }: WebStatement): void {
  for (const [operator, keys] of Object.entries(block))
    block[operator] = Object.fromEntries(
      Object.entries(isMembers(keys) ? keys : {}).map(([key, value]) => [
        isOfIssuer(key) ? `${host}:${key.slice(key.lastIndexOf(':') + 1)}` : key,
        listed(value).length === 1 ? listed(value)[0] : value,
      ]),
    )
}
