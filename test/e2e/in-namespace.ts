// Runs in a network namespace of its own, where 169.254.170.2 is this machine and 169.254.169.254 is nowhere, and
// prints what became of the author's container there as JSON.
import { googleCredentials, startCloud } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'

const cloud = await startCloud()
cloud.bigquery.tables.set('acme.sales.orders', [
  { id: 1, item: 'lamp' },
  { id: 2, item: 'desk' },
])
const agent = await cloud.ecs('loader-task', { host: '169.254.170.2', port: 80 })
const { PATH, HOME, HTTPS_PROXY, NODE_EXTRA_CA_CERTS } = cloud.env
const container = {
  ...{ PATH, HOME, HTTPS_PROXY, NODE_EXTRA_CA_CERTS },
  // Else the library would send what it has for the metadata service to the proxy.
  NO_PROXY: '169.254.169.254,169.254.170.2',
  ...agent.withTaskRole,
  GOOGLE_APPLICATION_CREDENTIALS: googleCredentials,
}
const program = ['node', 'demo/workloads/orders-service.mjs']
const without = await run(program, container)
const under = await run([mayfly, 'run', '--', ...program], container)
const seen = cloud.bigquery.seen.at(-1)?.identity.principal
console.log(JSON.stringify({ variables: Object.keys(container), without, under, seen }))
await cloud.close()
