import type { Client } from '../client.ts'

/** What is the same in every version of the AWS CLI: whose it is, what it can take, what it says. */
export type AwsCommand = Omit<Client, 'version' | 'language' | 'command' | 'clock'> & {
  readonly args: readonly string[]
}

// Without a region it does not come to look for credentials where the service has no global endpoint.
const noCredentials = /Unable to locate credentials|You must specify a region/
const every = {
  cloud: 'aws',
  living: false,
  deliveries: ['ecs', 'credential-process', 'env'],
  // On GitLab it takes the profile of story 3 itself.
  without: { github: noCredentials },
  refusal: /EXCHANGE_REFUSED/,
} as const

/** The command lines of story 3, and an upload. */
export const awsCommands: readonly AwsCommand[] = [
  {
    ...every,
    name: 'aws sts get-caller-identity',
    args: ['sts', 'get-caller-identity'],
    calls: 'sts:GetCallerIdentity',
    says: /"Arn": "arn:aws:sts::\d{12}:assumed-role\//,
  },
  {
    ...every,
    name: 'aws ec2 describe-instances',
    args: ['ec2', 'describe-instances'],
    calls: 'ec2:DescribeInstances',
    says: /"InstanceId": "i-[0-9a-f]+"/,
    // Nothing tells a task on an instance its region, and EC2 has no global endpoint.
    without: { ...every.without, 'ecs-ec2': /You must specify a region/ },
  },
  {
    ...every,
    name: 'aws s3 cp',
    args: ['s3', 'cp', 'README.md', 's3://pictures/README.md'],
    calls: 's3:PutObject',
    says: /upload: \S*README\.md to s3:\/\/pictures\/README\.md/,
  },
]
