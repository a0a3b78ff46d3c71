import type { QueryValue } from '../wire/aws-query.ts'
import type { AwsSessionGrant } from './ask.ts'
import { checkRoleArn, type Parameters } from './aws-parameters.ts'
import { sessionArn } from './aws-session.ts'

/** What every operation that assumes a role is told. Checked before. */
export function roleParameters(parameters: Parameters) {
  const roleArn = parameters.get('RoleArn')!
  checkRoleArn(roleArn)
  const seconds = parameters.get('DurationSeconds')
  return {
    roleArn,
    sessionName: parameters.get('RoleSessionName')!,
    ...(seconds !== undefined && { durationSeconds: Number(seconds) }),
  }
}

export function assumedRoleUser(grant: AwsSessionGrant): QueryValue {
  return { AssumedRoleId: `${grant.roleId}:${grant.sessionName}`, Arn: sessionArn(grant) }
}
