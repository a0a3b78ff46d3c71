// The start script of many a GitLab job, in place of `aws sts assume-role-with-web-identity`: prints three
// variables for the shell to export. Mayfly makes it unnecessary; it has to work all the same.
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const { AWS_ROLE_ARN, CI_PROJECT_ID, CI_PIPELINE_ID, OIDC_TOKEN } = process.env
const { Credentials } = await new STSClient().send(
  new AssumeRoleWithWebIdentityCommand({
    RoleArn: AWS_ROLE_ARN,
    RoleSessionName: `GitLabRunner-${CI_PROJECT_ID}-${CI_PIPELINE_ID}`,
    WebIdentityToken: OIDC_TOKEN,
    DurationSeconds: 900,
  }),
)
console.log(`AWS_ACCESS_KEY_ID=${Credentials.AccessKeyId}`)
console.log(`AWS_SECRET_ACCESS_KEY=${Credentials.SecretAccessKey}`)
console.log(`AWS_SESSION_TOKEN=${Credentials.SessionToken}`)
