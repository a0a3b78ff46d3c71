/** What is known of the place that is stood in for. What is not known (zone, instance id) is not made up: 404. */
export interface GceFacts {
  readonly projectId?: string
  /** Digits only: gcloud takes anything else for "not on Google Cloud". */
  readonly projectNumber: string
  /** `default` when there is no service account between the proof and the token. */
  readonly email: string
  readonly scopes: readonly string[]
  /** Further entries below `instance/`. */
  readonly instance?: Folder
}

export type Leaf = string | number | readonly string[]

/** Served by a route of its own: listed in its folder, and absent from what is recursive. */
export const live = Symbol('live')

export interface Folder {
  readonly [name: string]: Folder | Leaf | typeof live
}

/** The metadata below `/computeMetadata/v1`, as the clients walk it. */
export function metadataTree({ projectId, projectNumber, email, scopes, instance = {} }: GceFacts): Folder {
  const account: Folder = { aliases: ['default'], email, identity: live, scopes, token: live }
  return {
    instance: {
      ...instance,
      attributes: {},
      'service-accounts': { default: account, ...(email !== 'default' && { [email]: account }) },
      tags: '[]',
    },
    project: {
      attributes: {},
      'numeric-project-id': projectNumber,
      ...(projectId !== undefined && { 'project-id': projectId }),
    },
    universe: { 'universe-domain': 'googleapis.com' },
  }
}

export type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'leaf'; readonly leaf: Leaf }
  | { readonly kind: 'folder'; readonly folder: Folder }

/** What is at a path below the root, which may begin and end with a slash. */
export function find(root: Folder, path: string): Found {
  let at: Folder | Leaf | typeof live = root
  for (const name of path.split('/').filter((each) => each !== '')) {
    if (!isFolder(at) || !Object.hasOwn(at, name)) return { kind: 'absent' }
    at = at[name]!
  }
  if (at === live) return { kind: 'absent' }
  return isFolder(at) ? { kind: 'folder', folder: at } : { kind: 'leaf', leaf: at }
}

/** One entry a line, folders with a slash at their end. */
export function listing(folder: Folder): string {
  return Object.entries(folder)
    .map(([name, entry]) => `${name}${isFolder(entry) ? '/' : ''}\n`)
    .join('')
}

/** A leaf as text: a list has one entry a line. */
export function leafText(leaf: Leaf): string {
  return typeof leaf === 'object' ? leaf.map((each) => `${each}\n`).join('') : String(leaf)
}

/** A folder as the value of `?recursive=true`: names in camel case, as the metadata server has them. */
export function recursive(folder: Folder): Record<string, unknown> {
  const entries = Object.entries(folder)
    .filter(([, entry]) => entry !== live)
    .map(([name, entry]) => [camelCase(name), isFolder(entry) ? recursive(entry) : entry])
  return Object.fromEntries(entries)
}

function isFolder(entry: Folder | Leaf | typeof live): entry is Folder {
  return typeof entry === 'object' && !Array.isArray(entry)
}

// An account's e-mail address is a name too, and stays as it is.
function camelCase(name: string): string {
  return name.includes('@') ? name : name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
