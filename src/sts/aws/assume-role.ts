import { MayflyError } from '../../errors.ts'
import { membersOf, type Parameters } from '../../wire/aws-parameters.ts'
import { constraints } from './constraints.ts'
import { type AwsOperation, credentialsOf, mintedAs, tokenSizeOf } from './operation.ts'
import { checkParameters } from './parameters.ts'
import { assumedRoleUser, roleParameters } from './role-parameters.ts'
import { mfaParameters, tagParameters } from './session-parameters.ts'

const { roleArn, sessionName, durationSeconds, externalId, sourceIdentity, tags, transitiveTagKeys } =
  constraints
const { policyArns, serialNumber, tokenCode, providedContexts, minimumTokenSize } = constraints
// Its inline policy has no limit of its own: packed, it has to fit.
const policy = { ...constraints.policy, length: [1, Number.POSITIVE_INFINITY] } as const
const wanted = [
  roleArn,
  sessionName,
  policyArns,
  policy,
  durationSeconds,
  tags,
  transitiveTagKeys,
  externalId,
  sourceIdentity,
  serialNumber,
  tokenCode,
  providedContexts,
  minimumTokenSize,
]

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole: AwsOperation = {
  parse(parameters, request) {
    checkParameters(parameters, wanted)
    refuseContexts(parameters)
    const given = parameters.get(externalId.name)
    const source = parameters.get(sourceIdentity.name)
    return {
      kind: 'AssumeRole',
      ...roleParameters(parameters),
      signed: request,
      ...(given !== undefined && { externalId: given }),
      ...tagParameters(parameters),
      ...mfaParameters(parameters),
      ...(source !== undefined && { sourceIdentity: source }),
    }
  },
  answer(minted, write) {
    const made = mintedAs('aws-session', minted)
    return {
      Credentials: credentialsOf(made, write),
      AssumedRoleUser: assumedRoleUser(made.grant),
      PackedPolicySize: made.grant.packedPolicySize,
      SourceIdentity: made.grant.marks?.sourceIdentity,
      SessionTokenSize: tokenSizeOf(made),
    }
  },
}

/** AWS itself seals context assertions, for IAM Identity Center. Nothing here does, so that none can be valid. */
function refuseContexts(parameters: Parameters): void {
  if (membersOf(parameters, providedContexts.name).length === 0) return
  throw new MayflyError('REQUEST_CONTEXT', {
    message: 'a context assertion was passed, and nothing here seals any',
  })
}
