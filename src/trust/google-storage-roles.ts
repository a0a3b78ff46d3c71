const readObjects = ['storage.objects.get', 'storage.objects.list']
const createObjects = [
  'storage.objects.create',
  'storage.multipartUploads.abort',
  'storage.multipartUploads.create',
  'storage.multipartUploads.listParts',
]
const useObjects = [
  ...readObjects,
  ...createObjects,
  'storage.multipartUploads.list',
  'storage.objects.delete',
  'storage.objects.update',
]
const objectPolicies = ['storage.objects.getIamPolicy', 'storage.objects.setIamPolicy']
const administerBuckets = [
  'storage.buckets.create',
  'storage.buckets.delete',
  'storage.buckets.get',
  'storage.buckets.getIamPolicy',
  'storage.buckets.list',
  'storage.buckets.setIamPolicy',
  'storage.buckets.update',
]
const readBucket = ['storage.buckets.get', 'storage.objects.list', 'storage.multipartUploads.list']
const writeBucket = [...readBucket, ...createObjects, 'storage.objects.delete']

/**
 * What Cloud Storage's predefined roles give on buckets and objects: enough to know what a boundary leaves.
 * @see https://cloud.google.com/storage/docs/access-control/iam-roles
 */
export const storageRoles: ReadonlyMap<string, readonly string[]> = new Map([
  ['roles/storage.objectViewer', readObjects],
  ['roles/storage.objectCreator', createObjects],
  ['roles/storage.objectUser', useObjects],
  ['roles/storage.objectAdmin', [...useObjects, ...objectPolicies]],
  ['roles/storage.admin', [...useObjects, ...objectPolicies, ...administerBuckets]],
  ['roles/storage.bucketViewer', ['storage.buckets.get', 'storage.buckets.list']],
  ['roles/storage.legacyObjectReader', ['storage.objects.get']],
  ['roles/storage.legacyObjectOwner', ['storage.objects.get', 'storage.objects.update', ...objectPolicies]],
  ['roles/storage.legacyBucketReader', readBucket],
  ['roles/storage.legacyBucketWriter', writeBucket],
  [
    'roles/storage.legacyBucketOwner',
    [
      ...writeBucket,
      'storage.buckets.getIamPolicy',
      'storage.buckets.setIamPolicy',
      'storage.buckets.update',
    ],
  ],
])
