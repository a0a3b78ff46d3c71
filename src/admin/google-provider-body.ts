import { MayflyError } from '../errors.ts'
import type { PoolProviderDocument } from '../registry/documents.ts'
import { poolProviderSchema } from '../registry/google-schema.ts'
import { compileProvider, readsNoClaim } from '../trust/google-provider.ts'
import { verificationKey } from '../wire/jws.ts'
import { messageIn, objectIn, parsed } from './google-body.ts'
import { invalidArgument } from './google-errors.ts'
import type { Members } from './google-method.ts'

const oidcMessage = {
  name: 'workload_identity_pool_provider.oidc',
  fields: ['issuerUri', 'allowedAudiences', 'jwksJson'],
  outputOnly: [],
  unsupported: [],
}
const awsMessage = {
  name: 'workload_identity_pool_provider.aws',
  fields: ['accountId'],
  outputOnly: [],
  unsupported: [],
}

/**
 * A provider as a body describes it, with all that Google looks at when it is written: what is registered compiles.
 * @throws REQUEST_INPUT
 */
export function providerIn(body: Members, id: string): PoolProviderDocument {
  const { oidc, aws, ...members } = body
  checkNames(objectIn(members.attributeMapping, 'workload_identity_pool_provider.attribute_mapping'))
  const document = parsed(poolProviderSchema, {
    ...members,
    id,
    ...(oidc !== undefined && { oidc: oidcIn(oidc) }),
    ...(aws !== undefined && { aws: messageIn(aws, awsMessage) }),
  })
  checkCompiles(document)
  checkSharedIssuer(document)
  return document
}

function checkNames(mapping: Members): void {
  for (const name of Object.keys(mapping))
    if (!/^(google|attribute)\./.test(name))
      throw invalidArgument(
        `Invalid mapped attribute key: ${name.slice(0, 100)}. Custom mapped attributes must be in format 'attribute.{custom_attribute}'`,
      )
}

function oidcIn(body: unknown): Members {
  const { jwksJson = '', ...oidc } = messageIn(body, oidcMessage)
  if (jwksJson === '') return oidc
  if (!isJwks(jwksJson)) throw invalidArgument('Input JWK is not in a valid json format')
  return { ...oidc, jwksJson }
}

const jwkMembers = ['kty', 'alg', 'use', 'kid', 'n', 'e', 'x', 'y', 'crv']

function isJwks(text: unknown): boolean {
  try {
    const { keys } = JSON.parse(String(text)) as { readonly keys: readonly Members[] }
    return Array.isArray(keys) && keys.length > 0 && keys.every(isJwk)
  } catch {
    return false
  }
}

/** Google takes keys with these members and no others: a certificate in `x5c` is refused. */
function isJwk(key: Members): boolean {
  const plain = Object.keys(key).every((name) => jwkMembers.includes(name))
  return plain && (key.kty === 'RSA' || key.kty === 'EC') && verificationKey(key) !== undefined
}

function checkCompiles({ attributeMapping, attributeCondition }: PoolProviderDocument): void {
  try {
    compileProvider({ attributeMapping, ...(attributeCondition !== undefined && { attributeCondition }) })
  } catch (error) {
    if (error instanceof MayflyError) throw invalidArgument(error.message)
    throw error
  }
}

/** They sign for everybody who has an account with them. */
const sharedIssuers = [
  'https://token.actions.githubusercontent.com',
  'https://gitlab.com',
  'https://app.terraform.io',
]

/** @see https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#conditions */
function checkSharedIssuer({ oidc, attributeCondition = '' }: PoolProviderDocument): void {
  if (!oidc || !sharedIssuers.includes(oidc.issuerUri) || !readsNoClaim(attributeCondition)) return
  throw invalidArgument(
    "The attribute condition must reference one of the provider's claims. For more information, see https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#conditions",
  )
}
