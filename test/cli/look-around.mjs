// Runs in a lab and prints as JSON what it finds: what names lead to, what answers at link-local addresses, what is in
// the environment, and what AWS STS says to the job's token, by its own SDK.
import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const names = [
  'sts.amazonaws.com',
  'sts.googleapis.com',
  'gitlab.com',
  'metadata.google.internal',
  'example.com',
]
const addresses = ['169.254.169.254', '169.254.170.2', '169.254.170.23']
// What is dropped never answers; what answers on loopback does so at once.
const patienceMs = 300

const found = {
  names: await entries(names, async (name) => (await lookup(name)).address),
  addresses: await entries(addresses, connected),
  secure: await entries(
    ['https://sts.amazonaws.com/', 'https://example.com/'],
    async (url) => (await fetch(url)).status,
  ),
  env: process.env,
  user: process.getuid(),
  assumed: process.env.GITLAB_OIDC_TOKEN ? await assumed() : undefined,
}
console.log(JSON.stringify(found))

async function entries(keys, ask) {
  const answers = keys.map(async (key) => [key, await ask(key).catch((error) => (error.cause ?? error).code)])
  return Object.fromEntries(await Promise.all(answers))
}

function connected(host) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 80, timeout: patienceMs })
    const end = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket
      .on('connect', () => end('answers'))
      .on('timeout', () => end('silent'))
      .on('error', reject)
  })
}

async function assumed() {
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: 'arn:aws:iam::123456789012:role/deploy',
    RoleSessionName: 'job',
    WebIdentityToken: process.env.GITLAB_OIDC_TOKEN,
  })
  const sts = new STSClient({ region: 'eu-west-1' })
  return sts.send(command).then(
    ({ AssumedRoleUser }) => AssumedRoleUser.Arn,
    (error) => `${error.name}: ${error.message}`,
  )
}
