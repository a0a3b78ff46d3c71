const poolPermissions = [
  'iam.workloadIdentityPools.create',
  'iam.workloadIdentityPools.delete',
  'iam.workloadIdentityPools.get',
  'iam.workloadIdentityPools.list',
  'iam.workloadIdentityPools.undelete',
  'iam.workloadIdentityPools.update',
  'iam.workloadIdentityPoolProviders.create',
  'iam.workloadIdentityPoolProviders.delete',
  'iam.workloadIdentityPoolProviders.get',
  'iam.workloadIdentityPoolProviders.list',
  'iam.workloadIdentityPoolProviders.undelete',
  'iam.workloadIdentityPoolProviders.update',
] as const

const accountPermissions = [
  'iam.serviceAccounts.create',
  'iam.serviceAccounts.delete',
  'iam.serviceAccounts.disable',
  'iam.serviceAccounts.enable',
  'iam.serviceAccounts.get',
  'iam.serviceAccounts.getIamPolicy',
  'iam.serviceAccounts.list',
  'iam.serviceAccounts.setIamPolicy',
  'iam.serviceAccounts.undelete',
  'iam.serviceAccounts.update',
] as const

const projectPermissions = [
  'resourcemanager.projects.getIamPolicy',
  'resourcemanager.projects.setIamPolicy',
] as const

/** A permission that an admin call of Google's IAM or Resource Manager API asks for. */
export type AdminPermission =
  | (typeof poolPermissions)[number]
  | (typeof accountPermissions)[number]
  | (typeof projectPermissions)[number]

const everything: readonly AdminPermission[] = [
  ...poolPermissions,
  ...accountPermissions,
  ...projectPermissions,
]
const [readingProjects] = projectPermissions
const lookingAtPools = poolPermissions.filter((each) => /\.(get|list)$/.test(each))
const listingPools = poolPermissions.filter((each) => each.endsWith('.list'))
const lookingAtAccounts = ['iam.serviceAccounts.get', 'iam.serviceAccounts.list'] as const
const readingPolicies = [...lookingAtAccounts, 'iam.serviceAccounts.getIamPolicy'] as const

/**
 * The predefined roles that have such permissions, as Google publishes them; of what else a role has, nothing is asked here.
 * Nobody gets a service account's tokens by them, an owner no more than others.
 * @see https://cloud.google.com/iam/docs/roles-permissions/iam
 */
export const adminRoles: ReadonlyMap<string, readonly AdminPermission[]> = new Map<
  string,
  readonly AdminPermission[]
>([
  ['roles/owner', everything],
  [
    'roles/editor',
    [
      ...lookingAtPools,
      ...readingPolicies,
      readingProjects,
      'iam.serviceAccounts.create',
      'iam.serviceAccounts.delete',
      'iam.serviceAccounts.disable',
      'iam.serviceAccounts.enable',
      'iam.serviceAccounts.update',
    ],
  ],
  ['roles/viewer', [...lookingAtPools, ...readingPolicies, readingProjects]],
  ['roles/browser', [readingProjects]],
  ['roles/resourcemanager.projectIamAdmin', projectPermissions],
  ['roles/iam.workloadIdentityPoolAdmin', poolPermissions],
  ['roles/iam.workloadIdentityPoolViewer', lookingAtPools],
  ['roles/iam.serviceAccountAdmin', accountPermissions],
  ['roles/iam.serviceAccountCreator', [...lookingAtAccounts, 'iam.serviceAccounts.create']],
  ['roles/iam.serviceAccountDeleter', [...lookingAtAccounts, 'iam.serviceAccounts.delete']],
  ['roles/iam.serviceAccountViewer', readingPolicies],
  ['roles/iam.serviceAccountUser', lookingAtAccounts],
  ['roles/iam.serviceAccountTokenCreator', lookingAtAccounts],
  ['roles/iam.workloadIdentityUser', lookingAtAccounts],
  [
    'roles/iam.securityAdmin',
    [...listingPools, ...readingPolicies, 'iam.serviceAccounts.setIamPolicy', ...projectPermissions],
  ],
  ['roles/iam.securityReviewer', [...listingPools, ...readingPolicies, readingProjects]],
])
