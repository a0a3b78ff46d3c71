import { readFile } from 'node:fs/promises'
import { ClientAssertionCredential, WorkloadIdentityCredential } from '@azure/identity'
import { ConfidentialClientApplication } from '@azure/msal-node'

// As their documentation has it, and nothing else: which client, for which scope. Answers with one line of JSON.
const [client, scope] = process.argv.slice(2)
const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_AUTHORITY_HOST, AZURE_FEDERATED_TOKEN_FILE } = process.env
const federatedToken = () => readFile(AZURE_FEDERATED_TOKEN_FILE, 'utf8')

const clients = {
  async 'workload-identity'() {
    return (await new WorkloadIdentityCredential().getToken(scope)).token
  },
  async 'client-assertion'() {
    const credential = new ClientAssertionCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, federatedToken)
    return (await credential.getToken(scope)).token
  },
  async msal() {
    const application = new ConfidentialClientApplication({
      auth: {
        clientId: AZURE_CLIENT_ID,
        authority: new URL(AZURE_TENANT_ID, AZURE_AUTHORITY_HOST).href,
        clientAssertion: federatedToken,
      },
    })
    return (await application.acquireTokenByClientCredential({ scopes: [scope] })).accessToken
  },
}

try {
  console.log(JSON.stringify({ token: await clients[client]() }))
} catch (error) {
  console.log(JSON.stringify({ name: error.name, message: error.message }))
}
