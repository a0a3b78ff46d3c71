import { type Documents, github, main, ownerId } from './names.ts'

const [orders, stock] = ['https://orders.acme.example', 'https://stock.acme.example']
const onprem = 'https://tokens.acme.example'
const cluster = 'https://kubernetes.example'
const ordersRead = { identifier: orders, scopes: ['orders.read'] }
const stockRead = { identifier: stock, scopes: ['stock.read'] }

/** An authorization server with one rule. */
const server = (rule: object, more: object = {}) => ({
  authorizationServers: [
    {
      issuer: onprem,
      providers: [
        `https://${github}`,
        'https://gitlab.com',
        cluster,
        'https://oidc.circleci.com/org/acme',
      ].map((issuer) => ({ issuer })),
      resources: [
        { identifier: orders, scopes: ['orders.read', 'orders.write'], introspectionClients: ['orders'] },
        { identifier: stock, scopes: ['stock.read'] },
      ],
      clients: ['orders', 'stock'].map((clientId) => ({
        clientId,
        assertions: [{ issuer: cluster, subject: `system:serviceaccount:shop:${clientId}` }],
      })),
      rules: [{ name: 'ci', resources: [ordersRead], ...rule }],
      ...more,
    },
  ],
})
export const jobs = (condition: string | undefined, issuer = `https://${github}`) =>
  server({ issuer, ...(condition !== undefined && { condition }) })
const branch = `assertion.sub == '${main}' && ${ownerId}`
const onward = { issuer: onprem, resources: [stockRead] }
const forOrders = `assertion.aud == '${orders}'`

/** For each rule, documents in which it finds something. */
export const wrong: Documents = {
  'oauth-missing-condition': [jobs(undefined), jobs(undefined, 'https://gitlab.com')],
  'oauth-condition-any-owner': [jobs("assertion.ref == 'refs/heads/main'")],
  'oauth-open-prefix': [jobs("assertion.sub.startsWith('repo:acme')")],
  'oauth-open-project-prefix': [jobs("assertion.sub.startsWith('repo:acme/web')")],
  'oauth-unanchored-matches': [jobs("assertion.repository.matches('acme/shop')")],
  'oauth-absent-claim': [
    jobs(`${branch} && (!has(assertion.environment) || assertion.environment == 'production')`),
  ],
  'oauth-number-unequal': [jobs(`${branch} && assertion.repository_id != 20`)],
  'oauth-number-equal': [jobs(`assertion.sub == '${main}' && assertion.repository_owner_id == 123`)],
  'oauth-fork': [
    jobs("assertion.sub == 'org/acme/project/shop/user/jo'", 'https://oidc.circleci.com/org/acme'),
  ],
  'oauth-ssh-rerun': [
    jobs("assertion.sub == 'org/acme/project/shop/user/jo'", 'https://oidc.circleci.com/org/acme'),
  ],
  'oauth-literal-wildcard': [jobs("assertion.sub == 'repo:acme/*'")],
  'oauth-name-not-id': [jobs(`assertion.sub == '${main}'`)],
  'oauth-workflow-branch': [
    jobs(`${branch} && assertion.job_workflow_ref == 'acme/ci/.github/workflows/deploy.yml@refs/heads/main'`),
  ],
  'oauth-unprotected-ref': [
    jobs("assertion.project_id == '20' && assertion.ref == 'main'", 'https://gitlab.com'),
  ],
  'oauth-pull-request': [jobs("assertion.repository_id == '456'"), jobs(ownerId)],
  'oauth-any-project': [jobs(ownerId), jobs(undefined, cluster)],
  'oauth-any-ref': [
    jobs("assertion.repository_id == '456'"),
    jobs("assertion.project_id == '20'", 'https://gitlab.com'),
  ],
  'oauth-onward-any-audience': [server({ ...onward, clients: ['orders'] })],
  'oauth-onward-any-client': [
    server({ ...onward, condition: forOrders }),
    server(
      { ...onward, condition: forOrders },
      {
        clients: [],
        resources: [
          { identifier: orders, scopes: [] },
          { identifier: stock, scopes: ['stock.read'] },
        ],
      },
    ),
  ],
  'oauth-any-actor': [
    server({ issuer: `https://${github}`, condition: branch, actor: { issuer: cluster } }),
    server({ issuer: `https://${github}`, condition: branch, actor: { issuer: cluster, required: false } }),
    server({ ...onward, condition: forOrders, clients: ['orders'], actor: { issuer: cluster } }),
  ],
  'oauth-every-resource': [
    server({
      issuer: `https://${github}`,
      condition: branch,
      resources: [{ identifier: orders, scopes: ['orders.read', 'orders.write'] }, stockRead],
    }),
  ],
  'oauth-shared-audience': [
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        providers: [
          { issuer: `https://${github}`, audiences: ['sts.amazonaws.com', 'mine'] },
          { issuer: cluster },
        ],
      },
    ),
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        providers: [
          { issuer: `https://${github}`, audiences: ['https://github.com/acme'] },
          { issuer: cluster },
        ],
      },
    ),
  ],
  'oauth-long-lifetime': [
    server({ issuer: `https://${github}`, condition: branch }, { accessTokens: { lifetimeSeconds: 7200 } }),
  ],
  'oauth-client-literal-wildcard': [
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        clients: [
          { clientId: 'orders', assertions: [{ issuer: cluster, subject: 'system:serviceaccount:shop:*' }] },
        ],
      },
    ),
  ],
  'oauth-open-introspection': [
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        resources: [
          { identifier: orders, scopes: ['orders.read'], introspectionClients: ['orders', 'stock'] },
        ],
      },
    ),
  ],
}

/** Sound ones: about these nothing is said. */
export const sound: Readonly<Record<string, object>> = {
  'a rule for one branch of a repository': jobs(branch),
  'a rule for one workload of a cluster': jobs("assertion.sub == 'system:serviceaccount:shop:web'", cluster),
  'a rule for the access tokens of one resource, by its client': server({
    ...onward,
    condition: forOrders,
    clients: ['orders'],
  }),
  'a rule by which one workload acts for others': server({
    issuer: `https://${github}`,
    condition: `${branch} && actor.sub == 'system:serviceaccount:shop:orders'`,
    actor: { issuer: cluster },
  }),
  'long tokens that every rule cuts short': server(
    { issuer: `https://${github}`, condition: branch, lifetimeSeconds: 900 },
    { accessTokens: { lifetimeSeconds: 86_400 } },
  ),
}
