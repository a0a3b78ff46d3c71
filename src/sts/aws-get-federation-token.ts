import { constraints } from './aws-constraints.ts'
import { defaultUserSeconds } from './aws-get-session-token.ts'
import { type AwsOperation, credentialsOf, mintedAs, tokenSizeOf } from './aws-operation.ts'
import { checkParameters } from './aws-parameters.ts'
import { sessionArn, sessionUserId } from './aws-session.ts'
import { sessionPolicyParameters, tagParameters, tokenSizeParameter } from './aws-session-parameters.ts'

const { federatedName, policy, policyArns, userSeconds, tags, minimumTokenSize } = constraints
const wanted = [federatedName, policy, policyArns, userSeconds, tags, minimumTokenSize]

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
export const getFederationToken: AwsOperation = {
  parse(parameters, request) {
    checkParameters(parameters, wanted)
    return {
      kind: 'GetFederationToken',
      signed: request,
      name: parameters.get(federatedName.name)!,
      durationSeconds: Number(parameters.get(userSeconds.name) ?? defaultUserSeconds),
      ...sessionPolicyParameters(parameters),
      ...tagParameters(parameters),
      ...tokenSizeParameter(parameters),
    }
  },
  answer(minted, write) {
    const made = mintedAs('aws-session', minted)
    return {
      Credentials: credentialsOf(made, write),
      FederatedUser: { FederatedUserId: sessionUserId(made.grant), Arn: sessionArn(made.grant) },
      PackedPolicySize: made.grant.packedPolicySize,
      SessionTokenSize: tokenSizeOf(made),
    }
  },
}
