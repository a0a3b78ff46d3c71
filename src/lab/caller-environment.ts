import type { Environment } from '../world.ts'

// The clouds' own, and what a job that we run in has from its platform: none of it is of the one that is played.
const prefixes = [
  'AWS_',
  'ECS_',
  'AZURE_',
  'ARM_',
  'IDENTITY_',
  'GOOGLE_',
  'GCLOUD_',
  'GCE_',
  'CLOUDSDK_',
  'ACTIONS_',
  'GITHUB_',
  'RUNNER_',
  'CI_',
  'GITLAB_',
  'CIRCLE',
  'BITBUCKET_',
  'BUILDKITE',
  'TFC_',
  'SYSTEM_', // Azure Pipelines, as the two below
  'ENDPOINT_',
  'AGENT_',
  'CODEBUILD_',
  'JENKINS_',
  'MSI_',
  'BOTO_',
  'KUBERNETES_',
  'MAYFLY_',
]
// Nothing outside can be reached, so that a proxy only takes requests away from who would answer them; and these
// certificates would take the place of the system's.
const names = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'SSL_CERT_DIR',
  'NO_GCE_CHECK',
  'TF_BUILD',
]

/** A caller's environment without what would make its own identity the workload's, or lead around the lab. */
export function withoutCloudVariables(env: Environment): Environment {
  const foreign = (name: string) =>
    names.includes(name.toUpperCase()) || prefixes.some((each) => name.startsWith(each))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign(name)))
}
