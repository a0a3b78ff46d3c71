import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entraTrust } from '../../test/entra-side.ts'
import { storyTrust } from '../../test/trust-side.ts'
import { failure } from '../../test/workload.ts'
import type { TrustDocument } from './documents.ts'
import { entriesOf, keyOf, trustOf } from './entries.ts'
import { memoryStore } from './memory-store.ts'
import { type Draft, openRegistry, type RegistrySetting } from './registry.ts'
import type { Store } from './store.ts'

const account = storyTrust.aws[0]!.account
const role = { ...storyTrust.aws[0]!.roles[0]!, name: 'made-by-a-call' }
const key = keyOf('aws', account, 'role', role.name)

async function opened(more: Partial<RegistrySetting> = {}) {
  const told: TrustDocument[] = []
  const errors: unknown[] = []
  const registry = await openRegistry({
    store: memoryStore(),
    declared: storyTrust,
    check: () => {},
    onTrust: (trust) => told.push(trust),
    onError: (error) => errors.push(error),
    ...more,
  })
  return { registry, told, errors }
}

const rolesOf = ({ aws }: TrustDocument) => aws[0]!.roles.map((each) => each.name)

test('a trust document is the same after it was taken apart into entries', () => {
  const [first, ...others] = storyTrust.aws
  const users = [{ name: 'ann', path: '/', policies: [], accessKeys: [{ id: 'AKIAIOSFODNN7EXAMPLE' }] }]
  const account = { ...first!, users, outboundWebIdentityFederation: false }
  for (const trust of [
    storyTrust,
    { ...storyTrust, aws: [account, ...others] },
    { ...storyTrust, entra: entraTrust.entra! },
  ])
    assert.deepEqual(trustOf(entriesOf(trust)), structuredClone(trust))
})

test('what a call stores is trusted beside what the file says, and is told of', async () => {
  const { registry, told } = await opened()
  await registry.change((draft) => draft.put(key, role))
  assert.ok(rolesOf(registry.trust()).includes('made-by-a-call'))
  assert.deepEqual(told.at(-1), registry.trust())
  assert.equal(registry.view().get(key)?.from, 'store')
  await registry.change((draft) => draft.remove(key))
  assert.deepEqual(rolesOf(registry.trust()), rolesOf(storyTrust))
})

test('what a file says is not changed by a call, and wins over what is stored', async () => {
  const { registry } = await opened()
  const declared = keyOf('aws', account, 'role', 'deploy')
  await assert.rejects(
    registry.change((draft) => draft.put(declared, role)),
    failure('REGISTRY_DECLARED', 'deploy'),
  )
  await registry.change((draft) => draft.put(key, role))
  const [first, ...others] = storyTrust.aws
  const own = { ...role, maxSessionDuration: 7200 }
  registry.declare({ ...storyTrust, aws: [{ ...first!, roles: [...first!.roles, own] }, ...others] })
  const found = registry.trust().aws[0]!.roles.filter((each) => each.name === role.name)
  assert.deepEqual(
    found.map((each) => each.maxSessionDuration),
    [7200],
  )
})

test('a change is made again on what somebody else has made of it', async () => {
  const shared = memoryStore()
  const { registry } = await opened({ store: shared })
  let runs = 0
  const result = registry.change((draft) => {
    runs += 1
    if (runs === 1) void shared.commit([{ key, document: { name: 'theirs' } }])
    const there = draft.get(key)
    draft.put(key, { ...role, path: there ? '/after-theirs/' : '/' })
    return there !== undefined
  })
  assert.equal(await result, true)
  assert.equal(runs, 2)
  assert.deepEqual(registry.view().get(key)?.document, { ...role, path: '/after-theirs/' })
})

test('nothing is stored before that is agreed to, and nothing when it is not', async () => {
  const store = memoryStore()
  const { registry } = await opened({ store })
  const before = registry.change(
    (draft) => draft.put(key, role),
    async () => assert.deepEqual(await store.read(), []),
  )
  await before
  assert.ok((await store.read()).some((each) => each.key === key))
  const refused = registry.change(
    (draft) => draft.remove(key),
    () => Promise.reject(new Error('no audit record')),
  )
  await assert.rejects(refused, /no audit record/)
  assert.deepEqual(registry.view().get(key)?.document, role)
})

test('what a change leaves alone stays the same object', async () => {
  const { registry } = await opened()
  await registry.change((draft) => draft.put(key, role))
  const first = registry.trust().aws[0]!.roles.find(({ name }) => name === role.name)
  await registry.change((draft) => draft.put(`${key}-too`, { ...role, name: `${role.name}-too` }))
  assert.equal(
    registry.trust().aws[0]!.roles.find(({ name }) => name === role.name),
    first,
  )
})

test('a trust file that does not compile holds up neither what is in force nor the next change', async () => {
  const wrong: TrustDocument = { ...storyTrust, issuers: [] }
  const check = ({ issuers }: TrustDocument) => {
    if (issuers.length === 0) throw new Error('does not compile')
  }
  const { registry, errors } = await opened({ check })
  assert.equal(registry.declare(wrong), false)
  assert.match(String(errors), /does not compile/)
  await registry.change((draft) => draft.put(key, role))
  assert.equal(registry.trust().issuers.length, storyTrust.issuers.length)
  assert.equal(registry.declare(storyTrust), true)
})

test('a change that throws leaves everything as it was', async () => {
  const { registry, told } = await opened()
  const failing = registry.change((draft) => {
    draft.put(key, role)
    throw new Error('EntityAlreadyExists')
  })
  await assert.rejects(failing, /EntityAlreadyExists/)
  assert.equal(registry.view().get(key), undefined)
  assert.equal(told.length, 0)
})

const refusing = {
  check({ aws }: TrustDocument) {
    if (rolesOf({ aws } as TrustDocument).includes(role.name)) throw new Error('does not compile')
  },
}

test('trust that does not compile is not stored', async () => {
  const store = memoryStore()
  const { registry } = await opened({ store, ...refusing })
  const before = registry.trust()
  await assert.rejects(
    registry.change((draft) => draft.put(key, role)),
    /does not compile/,
  )
  assert.equal(registry.trust(), before)
  assert.deepEqual(await store.read(), [])
})

test('of somebody else’s that does not compile the last good trust stays in force', async () => {
  const { store, changed } = sharedStore()
  const told = Promise.withResolvers<unknown>()
  const { registry } = await opened({ store, ...refusing, onError: told.resolve })
  const before = registry.trust()
  await store.commit([{ key, document: role }])
  changed()
  assert.match(String(await told.promise), /does not compile/)
  assert.equal(registry.trust(), before)
})

test('somebody else’s change is trusted too', async () => {
  const { store, changed } = sharedStore()
  const trusted = Promise.withResolvers<TrustDocument>()
  await opened({ store, onTrust: trusted.resolve })
  await store.commit([{ key, document: role }])
  changed()
  assert.ok(rolesOf(await trusted.promise).includes(role.name))
})

test('a reading that is under way when a change is stored does not undo it', async () => {
  const { store, changed } = sharedStore()
  const late = Promise.withResolvers<void>()
  let reads = 0
  const slow: Store = {
    ...store,
    async read() {
      const entries = await store.read()
      reads += 1
      if (reads === 2) await late.promise
      return entries
    },
  }
  const read = Promise.withResolvers<void>()
  const { registry } = await opened({ store: slow, onTrust: () => reads === 3 && read.resolve() })
  changed()
  await registry.change((draft) => draft.put(key, role))
  late.resolve()
  await read.promise
  assert.deepEqual(registry.view().get(key)?.document, role)
})

test('what others store while a change waits for its record is in force afterwards', async () => {
  const { store, changed } = sharedStore()
  const { registry } = await opened({ store })
  const other = `${key}-of-another`
  await registry.change(
    (draft) => draft.put(key, role),
    async () => {
      await store.commit([{ key: other, document: { ...role, name: 'of-another' } }])
      changed()
      await new Promise(setImmediate)
    },
  )
  assert.ok(rolesOf(registry.trust()).includes('of-another'))
  assert.ok(rolesOf(registry.trust()).includes(role.name))
})

/** Two nodes of one store, neither of which hears of the other. */
async function twoNodes() {
  const store = memoryStore()
  const [one, other] = await Promise.all([opened({ store }), opened({ store })])
  return [one.registry, other.registry] as const
}

test('a change is made on what others have stored by then, heard of or not', async () => {
  const [one, other] = await twoNodes()
  await one.change((draft) => draft.put(key, role))
  assert.equal(other.view().get(key), undefined)
  assert.ok(await other.change((draft) => draft.get(key)))
  await one.change((draft) => draft.remove(key))
  assert.equal(await other.change((draft) => draft.get(key)), undefined)
})

test('of two changes of an account at once one is made after the other, whatever they write', async () => {
  const [one, other] = await twoNodes()
  const alone = (name: string) => (draft: Draft) => {
    const there = draft.list(keyOf('aws', account, 'role', 'only-')).length
    if (there === 0) draft.put(keyOf('aws', account, 'role', `only-${name}`), role)
    return there
  }
  const seen = await Promise.all([one.change(alone('a')), other.change(alone('b'))])
  assert.deepEqual(seen.sort(), [0, 1])
})

test('changes of two accounts at once are not in each other’s way', async () => {
  const [one, other] = await twoNodes()
  const runs = { one: 0, other: 0 }
  await Promise.all([
    one.change((draft) => {
      runs.one += 1
      draft.put(key, role)
    }),
    other.change((draft) => {
      runs.other += 1
      draft.put(keyOf('aws', '999999999999', 'role', 'app'), role)
    }),
  ])
  assert.deepEqual(runs, { one: 1, other: 1 })
  for (const registry of [one, other])
    assert.ok(
      await registry.change(
        (draft) => draft.get(key) && draft.get(keyOf('aws', '999999999999', 'role', 'app')),
      ),
    )
})

/** A store that says when a test wants it to that somebody else has changed it. */
function sharedStore() {
  let call = () => {}
  const watch = (changed: () => void) => {
    call = changed
    return () => {}
  }
  const store: Store = { ...memoryStore(), watch }
  return { store, changed: () => call() }
}
