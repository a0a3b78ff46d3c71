import { MayflyError } from '../errors.ts'
import type { PolicyDocument } from '../registry/documents.ts'
import { compilePolicy, type PolicyKind } from '../trust/aws-policy.ts'
import { readJsonObject } from '../wire/json.ts'

/**
 * A policy as a call passes it, in JSON.
 * @throws TRUST_POLICY with AWS's words where they are known
 */
export function policyIn(text: string, kind: PolicyKind): PolicyDocument {
  const document = parsed(text)
  try {
    compilePolicy(document, kind)
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error
    throw malformed(error.message, wordsFor(error, kind), error)
  }
  return document as PolicyDocument
}

/** As IAM writes it into its answers (RFC 3986). */
export function encodedPolicy(document: PolicyDocument): string {
  return encodeURIComponent(JSON.stringify(document)).replace(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** What counts towards a quota: its characters, without blanks between them. */
export function policySize(document: PolicyDocument): number {
  return JSON.stringify(document).length
}

/** An element twice is none: the reader of one and the reader of the other would see two policies. */
function parsed(text: string): unknown {
  const document = readJsonObject(Buffer.from(text))
  if (document) return document
  const words = 'This policy contains invalid Json'
  throw malformed(words, words)
}

/** MalformedPolicyDocument, with AWS's words. */
export function malformed(message: string, text: string, cause?: unknown): MayflyError {
  return new MayflyError('TRUST_POLICY', {
    message,
    values: { text },
    cause,
    ...(cause instanceof MayflyError && { hint: cause.hint }),
  })
}

/** By the element that is wrong: the last one of the place. */
function wordsFor({ values }: MayflyError, kind: PolicyKind): string {
  const place = String(values.path ?? '')
  const element = /([A-Za-z]+)(?:\[\d+\])?$/.exec(place)?.[1] ?? ''
  const words = values.found === 'absent' ? absent[kind][element] : wrong[kind][element]
  return words ?? 'Syntax errors in policy.'
}

type Words = Readonly<Record<PolicyKind, Readonly<Record<string, string>>>>

const absent: Words = {
  trust: { Principal: 'Missing required field Principal', Action: 'Missing required field Action' },
  identity: {
    Action: 'Policy statement must contain actions.',
    Resource: 'Policy statement must contain resources.',
  },
}

const wrong: Words = {
  trust: {
    Version: 'The policy must contain a valid version string',
    Action: 'AssumeRole policy may only specify STS AssumeRole actions.',
    Resource: 'Has prohibited field Resource',
    NotResource: 'Has prohibited field NotResource',
    AWS: 'Invalid principal in policy',
    Federated: 'Invalid principal in policy',
    Service: 'Invalid principal in policy',
    Principal: 'Invalid principal in policy',
  },
  identity: {
    Version: 'The policy must contain a valid version string',
    Action: 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    Principal: 'Policy document should not specify a principal.',
    NotPrincipal: 'Policy document should not specify a principal.',
    Resource: 'Resource must be in ARN format or "*".',
  },
}
