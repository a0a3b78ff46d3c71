import type { Environment } from '../world.ts'

/** Google's own token endpoint. @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
export const googleTokenUrl = 'https://sts.googleapis.com/v1/token'
export const googleImpersonationHost = 'https://iamcredentials.googleapis.com'

/** Every Google Cloud API; what a service account may do is IAM's to say. */
export const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

/** The one form that Google's token service takes as `audience`. */
export function providerAudience(provider: string): string {
  return `//iam.googleapis.com/${provider.slice(provider.indexOf('projects/'))}`
}

/** @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
export function impersonationUrl(email: string, host = googleImpersonationHost): string {
  return `${host}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
}

/** The project to tell the program of: the one that variables name, else the one that the service account is in. */
export function projectOf(env: Environment, email: string | undefined): string | undefined {
  const { GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT, CLOUDSDK_CORE_PROJECT } = env
  const owner = email?.match(/@([\w-]{1,63})\.iam\.gserviceaccount\.com$/)?.[1]
  return GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT || CLOUDSDK_CORE_PROJECT || owner
}
