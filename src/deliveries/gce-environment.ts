import type { Change } from './delivery.ts'
import { aroundProxies } from './proxies.ts'

export interface GceAddress {
  /** `127.0.0.1:PORT`, without a scheme. */
  readonly host: string
  readonly projectId?: string
  /** An empty folder in place of a gcloud configuration that holds another identity. */
  readonly configFolder?: string
}

const set = (variable: string, value: string, reason: string): Change => ({
  variable,
  action: 'set',
  value,
  reason,
})
const unset = (variable: string, reason: string): Change => ({ variable, action: 'unset', reason })

/** The environment of a program that receives Google tokens from a metadata server. */
export function gceEnvironment({ host, projectId, configFolder }: GceAddress): Change[] {
  return [
    set(
      'GCE_METADATA_HOST',
      host,
      'Where google-auth for Python, Java, Go, Node.js and Rust ask for tokens.',
    ),
    set(
      'GCE_METADATA_IP',
      host,
      'Where google-auth for Python looks whether there is a metadata server at all: with the host alone it looks at 169.254.169.254 and gives up.',
    ),
    set('GCE_METADATA_ROOT', host, 'The only one of the three that gcloud, bq and gsutil read.'),
    set(
      'METADATA_SERVER_DETECTION',
      'assume-present',
      'Spares Node.js a probe that older versions also send to metadata.google.internal, which takes seconds to fail elsewhere.',
    ),
    set(
      'GOOGLE_CLOUD_DISABLE_DIRECT_PATH',
      'true',
      'The Go and Java clients take a metadata server for a machine in Google’s network, and would try DirectPath.',
    ),
    ...otherGoogleIdentities,
    ...projectRows(projectId),
    ...configRows(configFolder),
    ...aroundProxies,
  ]
}

/** Other identities that a Google client would take before the metadata server, and what would hide that server. */
export const otherGoogleIdentities: readonly Change[] = [
  unset(
    'GOOGLE_APPLICATION_CREDENTIALS',
    'The first thing every Google library reads; Mayfly makes the exchange that is described there, for versions that cannot.',
  ),
  unset('GOOGLE_CREDENTIALS', 'Terraform reads it before the metadata server.'),
  unset('GOOGLE_OAUTH_ACCESS_TOKEN', 'Terraform reads it before the metadata server, and it expires.'),
  unset('CLOUDSDK_AUTH_ACCESS_TOKEN', 'gcloud reads it before the metadata server, and it expires.'),
  unset(
    'CLOUDSDK_AUTH_ACCESS_TOKEN_FILE',
    'gcloud reads it before the metadata server, and its token expires.',
  ),
  unset('CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE', 'gcloud reads it before the metadata server.'),
  unset('CLOUDSDK_CORE_ACCOUNT', 'gcloud would look for that account in place of the one delivered.'),
  unset('CLOUDSDK_CORE_CHECK_GCE_METADATA', 'With `false`, gcloud asks no metadata server.'),
  unset('NO_GCE_CHECK', 'With `true`, google-auth for Python and Java ask no metadata server.'),
  unset(
    'GCE_METADATA_MTLS_MODE',
    'With `strict`, google-auth for Python refuses a metadata server at any other address.',
  ),
]

function projectRows(projectId: string | undefined): Change[] {
  if (projectId === undefined) return []
  return [
    set(
      'GOOGLE_CLOUD_PROJECT',
      projectId,
      'The project, where it is configured or part of the service account’s address. Without it google-auth for Node.js starts gcloud to ask (0.5 to 1 s).',
    ),
  ]
}

function configRows(folder: string | undefined): Change[] {
  if (folder === undefined) return []
  return [
    set(
      'CLOUDSDK_CONFIG',
      folder,
      'A login of the user’s own in the gcloud folder comes before the metadata server in gcloud and in google-auth, and gcloud keeps there for ten minutes that it was not on Google Cloud. Set only where there is such a folder: to an empty one that goes away with the run.',
    ),
  ]
}
