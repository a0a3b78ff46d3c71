import type { TrustDocument } from './documents.ts'

// A trust document as entries of a store and back: what an admin call creates, changes or removes is one entry.
//
//     issuer/https://gitlab.com
//     aws/123456789012                                  what is said of the account itself
//     aws/123456789012/setting/outboundWebIdentityFederation
//     aws/123456789012/oidc-provider/https://gitlab.com
//     aws/123456789012/role/deploy, …/policy/NAME, …/user/NAME
//     google/111111111111                               what is said of the project itself
//     google/111111111111/setting/addedBindings
//     google/111111111111/pool/bq-pool
//     google/111111111111/pool/bq-pool/provider/gitlab
//     google/111111111111/service-account/loader@acme.iam.gserviceaccount.com
//     google/111111111111/deleted-service-account/112233445566778899001
//     entra/TENANT                                      what is said of the tenant itself
//     entra/TENANT/application/CLIENT-ID, …/identity/CLIENT-ID
//     entra/TENANT/application/CLIENT-ID/credential/main
//     authorization-server/https://tokens.acme.example  what is said of the server itself
//     authorization-server/ISSUER/revoked-token/JTI
//     changed/aws%2F123456789012                        in a store alone: its version is that of the account's last change

/** How the documents of one kind are named, and which lists of them are entries of their own. */
interface Kind {
  /** The word before their names in a key. */
  readonly word: string
  /** The member that names one. */
  readonly name: string
  readonly lists?: Readonly<Record<string, Kind>>
  /** Members that an admin call sets by themselves. */
  readonly settings?: readonly string[]
  /** An empty list of them is left out. */
  readonly optional?: true
}

const credentials = { federatedIdentityCredentials: { word: 'credential', name: 'name' } }

const kinds: Readonly<Record<keyof TrustDocument, Kind>> = {
  issuers: { word: 'issuer', name: 'url' },
  aws: {
    word: 'aws',
    name: 'account',
    settings: ['outboundWebIdentityFederation'],
    lists: {
      oidcProviders: { word: 'oidc-provider', name: 'url' },
      roles: { word: 'role', name: 'name' },
      managedPolicies: { word: 'policy', name: 'name', optional: true },
      users: { word: 'user', name: 'name', optional: true },
    },
  },
  google: {
    word: 'google',
    name: 'projectNumber',
    settings: ['addedBindings'],
    lists: {
      pools: { word: 'pool', name: 'id', lists: { providers: { word: 'provider', name: 'id' } } },
      serviceAccounts: { word: 'service-account', name: 'email' },
      deletedServiceAccounts: { word: 'deleted-service-account', name: 'uniqueId', optional: true },
    },
  },
  entra: {
    word: 'entra',
    name: 'tenantId',
    optional: true,
    lists: {
      applications: { word: 'application', name: 'appId', lists: credentials },
      userAssignedIdentities: { word: 'identity', name: 'clientId', lists: credentials, optional: true },
    },
  },
  authorizationServers: {
    word: 'authorization-server',
    name: 'issuer',
    optional: true,
    lists: { revokedTokens: { word: 'revoked-token', name: 'jti', optional: true } },
  },
}

/** The key of what a document of the trust is kept under: the words and names on the way to it. */
export function keyOf(...path: readonly string[]): string {
  return path.map(encodeURIComponent).join('/')
}

/** Every document of a trust document, by its key. */
export function entriesOf(trust: TrustDocument): Map<string, unknown> {
  const entries = new Map<string, unknown>()
  for (const [member, kind] of Object.entries(kinds))
    for (const each of trust[member as keyof TrustDocument] ?? []) flatten(entries, kind, '', each)
  return entries
}

function flatten(entries: Map<string, unknown>, kind: Kind, before: string, document: object): void {
  const members = document as Readonly<Record<string, unknown>>
  const key = `${before}${keyOf(kind.word, String(members[kind.name]))}`
  const { lists = {}, settings = [] } = kind
  const own = Object.entries(members).filter(
    ([member]) => !Object.hasOwn(lists, member) && !settings.includes(member),
  )
  // A leaf stays the object that it is: what was compiled from it is known by it.
  entries.set(key, kind.lists ? Object.fromEntries(own) : document)
  for (const member of settings)
    if (members[member] !== undefined) entries.set(`${key}/${keyOf('setting', member)}`, members[member])
  for (const [member, list] of Object.entries(lists))
    for (const each of (members[member] ?? []) as readonly object[]) flatten(entries, list, `${key}/`, each)
}

/** The trust document that these entries are of. What has no account, project or pool of its own is left out. */
export function trustOf(entries: ReadonlyMap<string, unknown>): TrustDocument {
  const below = new Map<string, [key: string, document: object][]>()
  for (const [key, document] of entries) {
    const place = key.slice(0, key.lastIndexOf('/'))
    const there = below.get(place)
    if (there) there.push([key, document as object])
    else below.set(place, [[key, document as object]])
  }
  const build = (kind: Kind, place: string): object[] =>
    (below.get(place) ?? []).map(([key, document]) =>
      kind.lists ? { ...document, ...settingsOf(kind, key), ...built(kind.lists, `${key}/`) } : document,
    )
  const settingsOf = ({ settings = [] }: Kind, key: string) =>
    Object.fromEntries(
      settings
        .map((member) => [member, entries.get(`${key}/${keyOf('setting', member)}`)] as const)
        .filter(([, value]) => value !== undefined),
    )
  const built = (lists: Readonly<Record<string, Kind>>, before: string) =>
    Object.fromEntries(
      Object.entries(lists)
        .map(([member, kind]) => ({ member, kind, documents: build(kind, `${before}${kind.word}`) }))
        .filter(({ kind, documents }) => !kind.optional || documents.length > 0)
        .map(({ member, documents }) => [member, documents]),
    )
  return built(kinds, '') as unknown as TrustDocument
}

/** The places that some of these keys are of and that are not there: what is kept there is part of no trust document. */
export function placesLeftOut(keys: Iterable<string>, has: (key: string) => boolean): readonly string[] {
  const places = new Set<string>()
  for (const key of keys) {
    const place = placeOf(key)
    if (place !== undefined) places.add(place)
  }
  // A set is walked to its end, what is added on the way with it.
  for (const place of places) {
    const above = placeOf(place)
    if (above !== undefined) places.add(above)
  }
  return [...places].filter((place) => !has(place))
}

/** The key of what a key's document is part of: all but its last two words. */
function placeOf(key: string): string | undefined {
  const end = key.lastIndexOf('/', key.lastIndexOf('/') - 1)
  return end < 0 ? undefined : key.slice(0, end)
}
