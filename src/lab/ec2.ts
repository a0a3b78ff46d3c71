import { accountOfArn } from '../sts/aws/arn.ts'
import { imds, imdsAddress } from './imds.ts'
import type { Platform, Site, Stage } from './platform.ts'
import { roleFor } from './roles.ts'
import { sessions } from './sessions.ts'

export const ec2: Platform = {
  name: 'ec2',
  summary: `an instance of EC2 with a role: IMDS version 2, and 1, at ${imdsAddress}`,
  takes: ['role', 'region'],
  open: async (stage) => ({
    env: {},
    metadata: instanceMetadata(stage, roleFor(stage, 'ec2.amazonaws.com')),
  }),
}

/** What answers on an instance that has this role. */
export function instanceMetadata(
  { workload, sts, clock }: Stage,
  roleArn: string,
): NonNullable<Site['metadata']> {
  const { region } = workload
  const account = accountOfArn(roleArn)
  const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1)
  const credentials = sessions(
    { sts, clock },
    { roleArn, service: 'ec2.amazonaws.com', sessionName: 'i-0f1e2d3c4b5a69788' },
  )
  const profileArn = `arn:aws:iam::${account}:instance-profile/${roleName}`
  return { [imdsAddress]: imds({ region, account, roleName, profileArn, credentials }, clock) }
}
