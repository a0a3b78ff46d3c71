import { constraints } from './aws-constraints.ts'
import { type AwsOperation, credentialsOf, mintedAs } from './aws-operation.ts'
import { checkParameters } from './aws-parameters.ts'
import { assumedRoleUser, roleParameters } from './aws-role-parameters.ts'

const { roleArn, sessionName, durationSeconds, externalId } = constraints
const wanted = [roleArn, sessionName, durationSeconds, externalId]

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole: AwsOperation = {
  parse(parameters, request) {
    checkParameters(parameters, wanted)
    const given = parameters.get(externalId.name)
    return {
      kind: 'AssumeRole',
      ...roleParameters(parameters),
      signed: request,
      ...(given !== undefined && { externalId: given }),
    }
  },
  answer(minted, write) {
    const made = mintedAs('aws-session', minted)
    return { Credentials: credentialsOf(made, write), AssumedRoleUser: assumedRoleUser(made.grant) }
  },
}
