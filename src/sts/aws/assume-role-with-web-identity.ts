import { Secret } from '../../secret.ts'
import { constraints } from './constraints.ts'
import { type AwsOperation, credentialsOf, mintedAs, tokenSizeOf } from './operation.ts'
import { checkParameters } from './parameters.ts'
import { assumedRoleUser, roleParameters } from './role-parameters.ts'

const { roleArn, sessionName, token, policyArns, policy, durationSeconds, minimumTokenSize } = constraints
const wanted = [roleArn, sessionName, token, policyArns, policy, durationSeconds, minimumTokenSize]

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export const assumeRoleWithWebIdentity: AwsOperation = {
  parse(parameters) {
    checkParameters(parameters, wanted)
    return {
      kind: 'AssumeRoleWithWebIdentity',
      ...roleParameters(parameters),
      token: new Secret(parameters.get(token.name)!),
    }
  },
  answer(minted, write) {
    const made = mintedAs('aws-session', minted)
    const { web } = made.grant
    return {
      Credentials: credentialsOf(made, write),
      SubjectFromWebIdentityToken: web?.subject,
      AssumedRoleUser: assumedRoleUser(made.grant),
      PackedPolicySize: made.grant.packedPolicySize,
      Provider: web?.provider,
      Audience: web?.audience,
      SourceIdentity: made.grant.marks?.sourceIdentity,
      SessionTokenSize: tokenSizeOf(made),
    }
  },
}
