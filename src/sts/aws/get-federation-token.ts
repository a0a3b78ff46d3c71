import { constraints } from './constraints.ts'
import { defaultUserSeconds } from './get-session-token.ts'
import { type AwsOperation, credentialsOf, mintedAs, tokenSizeOf } from './operation.ts'
import { checkParameters } from './parameters.ts'
import { sessionArn, sessionUserId } from './session.ts'
import { sessionPolicyParameters, tagParameters, tokenSizeParameter } from './session-parameters.ts'

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
