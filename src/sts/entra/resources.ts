/** What an access token of Entra can be for. */
export interface EntraResource {
  readonly appId: string
  /** In which of the two shapes it takes its tokens. */
  readonly tokenVersion: 1 | 2
}

/** What every tenant has of Microsoft's own, by its identifiers; all of these take tokens of the first version. */
const own: readonly [appId: string, ...identifiers: string[]][] = [
  ['00000003-0000-0000-c000-000000000000', 'https://graph.microsoft.com'],
  [
    '797f4846-ba00-4fd7-ba43-dac1f8f63013',
    'https://management.azure.com',
    'https://management.core.windows.net',
  ],
  ['cfa8b339-82a2-471a-a3c9-0fc0be7a4093', 'https://vault.azure.net'],
  ['e406a681-f3d4-42a8-90b6-c2b029497af1', 'https://storage.azure.com'],
  ['022907d3-0f1b-48f7-badc-1ba6abab6d66', 'https://database.windows.net'],
  ['80a10ef9-8168-493d-abf9-3297c4ef6e3c', 'https://servicebus.azure.net'],
  ['80369ed6-5f11-4dd9-bef3-692475845e77', 'https://eventhubs.azure.net'],
  ['499b84ac-1321-427f-aa17-267ca6975798', 'https://app.vssps.visualstudio.com'],
  ['6dae42f8-4368-4678-94ff-3960e28e3630'],
]

/** By identifier, in lower case and without a slash at its end. */
export const microsoftResources: ReadonlyMap<string, EntraResource> = new Map(
  own.flatMap(([appId, ...identifiers]) =>
    [appId, ...identifiers].map((each) => [each, { appId, tokenVersion: 1 }] as const),
  ),
)
