import type { Call, LivingClient } from '../fakes/living-client.ts'
import type { Client, SceneName } from './client.ts'
import { serveProxy } from './proxy.ts'
import { type Stage, startBare, startUnder, writeBelow } from './stage.ts'

/** What a client goes through. Returns what was seen, in a few words; throws what was not as it has to be. */
export type Scene = (stage: Stage) => Promise<string>

export const scenes: Readonly<Record<SceneName, Scene>> = {
  without,
  first,
  renewal,
  refusal,
  proxy: behindProxy,
  shadow: shadowed,
}

/** The disease before the cure: what the author got where there was no Mayfly. */
function without(stage: Stage): Promise<string> {
  const { client, platform } = stage.cell
  const expected = client.without[platform]
  return expected ? unauthorised(stage, expected) : asAnother(stage, stage.workload.seenWithout!)
}

/** The error that sent people looking. */
async function unauthorised(stage: Stage, expected: RegExp): Promise<string> {
  const { clouds } = stage
  const { ok, text } = await once(startBare(stage))
  hold(!ok, `the client is authorised without Mayfly: ${text}`)
  hold(expected.test(text), `it fails with another error than the story's ${expected}: ${text}`)
  hold(clouds.seen().length === 0, 'a service let somebody in')
  return expected.exec(text)![0]
}

/** The first credential, and a real call that a verifying service lets in, as whom it should be. */
async function first(stage: Stage): Promise<string> {
  await served(stage, startUnder(stage, { noted: true }))
  return stage.workload.seenAs
}

/** No error at all: the platform has an identity for every client, and it is not the one that is meant. */
async function asAnother(stage: Stage, expected: string): Promise<string> {
  const { ok, text } = await once(startBare(stage))
  hold(ok, text)
  const seen = stage.clouds.seen()
  // What asks STS alone who it is says it itself.
  const strangers = (seen.length > 0 ? seen : [text]).filter((each) => !each.includes(expected))
  hold(strangers.length === 0, `it was seen as ${strangers[0]}`)
  return `let in as ${expected}, not as ${stage.workload.seenAs}`
}

const minuteMs = 60_000
const hours = 6
// A command line is started anew for every call, which takes it long enough.
const stepMinutes = { living: 10, anew: 30 }

/** One process over many lifetimes of its credentials: no call fails. */
async function renewal(stage: Stage): Promise<string> {
  const step = stage.cell.client.living ? stepMinutes.living : stepMinutes.anew
  const client = startUnder(stage)
  const before = exchanges(stage)
  try {
    for (let minutes = 0; minutes < hours * 60; minutes += step) {
      const { ok, text } = await client.call()
      hold(ok, `after ${minutes} minutes: ${text}`)
      stage.time.advance(step * minuteMs)
    }
  } finally {
    await client.close()
  }
  const made = exchanges(stage) - before
  // They live for an hour and are renewed half-way at the latest.
  hold(made >= hours, `only ${made} exchanges in ${hours} hours`)
  return `${(hours * 60) / step} calls in ${hours} hours, none failed`
}

const exchanges = ({ records }: Stage) =>
  records.filter(
    ({ decision, action }) => decision === 'allow' && /^(AssumeRole|GenerateAccessToken)/.test(action ?? ''),
  ).length

/** A trust that is withdrawn while the client lives: what its user reads once the last credential has expired. */
async function refusal(stage: Stage): Promise<string> {
  const { cell, lab, trust } = stage
  const client = startUnder(stage)
  try {
    const { ok, text } = await client.call()
    hold(ok, text)
    lab.sts.registry.declare(withdrawn(trust, cell.client.cloud))
    stage.time.advance(2 * 60 * minuteMs)
    const refused = await client.call()
    hold(!refused.ok, `it is served after its trust was withdrawn: ${refused.text}`)
    hold(cell.client.refusal.test(refused.text), `its user reads ${refused.text}`)
    return cell.client.refusal.exec(refused.text)![0]
  } finally {
    lab.sts.registry.declare(trust)
    await client.close()
  }
}

/** Without whatever leads to that cloud; the platform's own part stays. */
function withdrawn(trust: Stage['trust'], cloud: Client['cloud']): Stage['trust'] {
  if (cloud === 'aws') return { ...trust, aws: trust.aws.map((each) => ({ ...each, oidcProviders: [] })) }
  const unbound = (each: (typeof trust.google)[number]) => ({
    ...each,
    serviceAccounts: each.serviceAccounts.map((account) => ({ ...account, bindings: [] })),
  })
  return { ...trust, google: trust.google.map(unbound) }
}

// To a public name: deliveries are at addresses, and the metadata server's name is not one.
const throughTunnel = /^CONNECT (?!metadata\.google\.internal)[a-z0-9.-]+\.[a-z]{2,}:443$/

/** A proxy for everything: the clouds are reached through it, and nothing that carries a credential of ours. */
async function behindProxy(stage: Stage): Promise<string> {
  const proxy = await serveProxy()
  const env = Object.fromEntries(
    ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => [name, proxy.url]),
  )
  try {
    await served(stage, startUnder(stage, { env }))
    const strays = proxy.asked.filter((each) => !throughTunnel.test(each))
    hold(strays.length === 0, `the proxy was asked for ${strays.join(', ')}`)
    return proxy.asked.length > 0 ? 'the clouds through it, deliveries around it' : 'does not use it'
  } finally {
    await proxy.close()
  }
}

/** Another identity in every place that a client looks at before the one that it was given. */
async function shadowed(stage: Stage): Promise<string> {
  const { home } = stage
  const keys = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = shadow\n'
  writeBelow(home, '.aws/credentials', `[default]\n${keys}[other]\n${keys}`)
  const user = {
    type: 'authorized_user',
    client_id: 'shadow',
    client_secret: 'shadow',
    refresh_token: 'shadow',
  }
  writeBelow(home, '.config/gcloud/application_default_credentials.json', JSON.stringify(user))
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'shadow',
    AWS_PROFILE: 'other',
    CLOUDSDK_AUTH_ACCESS_TOKEN: 'shadow',
  }
  await served(stage, startUnder(stage, { env }))
  return 'a profile, keys and a login of another identity are passed over'
}

async function served({ cell, clouds, workload }: Stage, client: LivingClient): Promise<void> {
  const before = { seen: clouds.seen().length, away: clouds.turnedAway().length }
  const { ok, text } = await once(client)
  hold(ok, text)
  hold(cell.client.says.test(text), `it says ${text}`)
  const seen = clouds.seen().slice(before.seen)
  const { actsAs } = cell.client
  const strangers = seen.filter((each) => !each.includes(workload.seenAs) && !actsAs?.test(each))
  hold(strangers.length === 0, `it was seen as ${strangers[0]}`)
  hold(clouds.turnedAway().length === before.away, `it was turned away: ${clouds.turnedAway().at(-1)}`)
}

async function once(client: LivingClient): Promise<Call> {
  try {
    return await client.call()
  } finally {
    await client.close()
  }
}

function hold(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}
