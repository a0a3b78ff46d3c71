import type { Parameters } from '../../wire/aws-parameters.ts'
import type { QueryValue } from '../../wire/aws-query.ts'
import type { AwsSessionGrant } from '../ask.ts'
import { checkRoleArn } from './parameters.ts'
import { sessionArn, sessionUserId } from './session.ts'
import { sessionPolicyParameters, tokenSizeParameter } from './session-parameters.ts'

/** What every operation that assumes a role is told. Checked before. */
export function roleParameters(parameters: Parameters) {
  const roleArn = parameters.get('RoleArn')!
  checkRoleArn(roleArn)
  const seconds = parameters.get('DurationSeconds')
  return {
    roleArn,
    sessionName: parameters.get('RoleSessionName')!,
    ...(seconds !== undefined && { durationSeconds: Number(seconds) }),
    ...sessionPolicyParameters(parameters),
    ...tokenSizeParameter(parameters),
  }
}

export function assumedRoleUser(grant: AwsSessionGrant): QueryValue {
  return { AssumedRoleId: sessionUserId(grant), Arn: sessionArn(grant) }
}
