import { deflateRawSync } from 'node:zlib'
import { MayflyError } from '../../errors.ts'
import type { SessionMarks } from '../ask.ts'

// AWS packs session policies and tags into a binary form that it does not document, and tells how full it is. This one is
// ours: a tag takes its bytes and two more, policies and ARNs what DEFLATE makes of them with the words of policies known
// before, and 400 bytes are the room. It gives what was recorded for tags: 2 % for two tags of two characters, and about
// 74 % for the six of EKS Pod Identity (aws/containers-roadmap#2413).

const roomBytes = 400
const tagOverheadBytes = 2

const dictionary = Buffer.from(
  [
    'arn:aws:iam::aws:policy/',
    'arn:aws:dynamodb:arn:aws:sqs:arn:aws:kms:arn:aws:iam::',
    'ForAllValues:ForAnyValue:IfExists"IpAddress":{"aws:SourceIp":"Bool":{"aws:SecureTransport":"true"',
    '"StringLike":{"s3:prefix":["aws:PrincipalTag/","StringEquals":{"aws:RequestedRegion":"',
    '"NotAction":"NotResource":"kms:Decrypt","secretsmanager:GetSecretValue","dynamodb:GetItem","sts:AssumeRole"',
    '"s3:ListBucket","s3:DeleteObject","s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::',
    '"Condition":{"Effect":"Deny","Action":["s3:*","Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Sid":"Stmt1","Effect":"Allow","Action":["s3:',
  ].join(''),
)

/**
 * How much of the room for session policies and tags they take, in percent; undefined where there are none.
 * @throws REQUEST_PACKED_SIZE when it is more than all of it
 */
export function packedPolicySize({ policy, policyArns = [], tags = [] }: SessionMarks): number | undefined {
  const policies = [...(policy === undefined ? [] : [policy]), ...policyArns]
  if (policies.length === 0 && tags.length === 0) return undefined
  const bytes = packedPolicies(policies) + tags.reduce((sum, tag) => sum + packedTag(tag), 0)
  const percent = Math.ceil((100 * bytes) / roomBytes)
  if (percent > 100) throw tooLarge(percent, policies.length > 0)
  return percent
}

function packedPolicies(policies: readonly string[]): number {
  return policies.length === 0 ? 0 : deflateRawSync(policies.join('\n'), { dictionary, level: 9 }).length
}

function packedTag({ key, value }: { readonly key: string; readonly value: string }): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value) + tagOverheadBytes
}

function tooLarge(percent: number, policies: boolean): MayflyError {
  const text = policies
    ? `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
    : `Packed size of session tags consumes ${percent}% of allotted space.`
  return new MayflyError('REQUEST_PACKED_SIZE', { message: text, values: { text, percent } })
}
