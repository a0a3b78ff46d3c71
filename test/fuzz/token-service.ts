import assert from 'node:assert/strict'
import type { Keys } from '../../src/keys/keys.ts'
import type { TrustDocument } from '../../src/registry/documents.ts'
import { memoryStore } from '../../src/registry/memory-store.ts'
import type { StsRequest, StsResponse } from '../../src/sts/ask.ts'
import { type AuditRecord, createAudit } from '../../src/sts/audit.ts'
import { type AdministeredSts, createSts, openSts } from '../../src/sts/create.ts'
import { answer } from '../../src/sts/server.ts'
import type { SignableRequest } from '../../src/wire/sigv4.ts'
import { testClock } from '../clock.ts'

const { now } = testClock()
export const seconds = () => Math.floor(now() / 1000)

/** A second: a thousand times what a request takes. */
const boundMs = 1000

export type FuzzedService = Awaited<ReturnType<typeof openFuzzed>>

/** What token services of one trust have in common, so that a credential of one is a credential of the next. */
export function keysOf(document: TrustDocument): Keys {
  return createSts({ document, now }).keys
}

/** A token service of its own for each input, so that none depends on the one before. */
export async function openFuzzed(document: TrustDocument, keys: Keys) {
  const nowhere = () => Promise.reject(new Error('no issuer is asked here'))
  const records: AuditRecord[] = []
  const secrets: string[] = []
  const store = memoryStore()
  const onError = (error: unknown) => assert.fail(error as Error)
  const setting = { document, store, keys, now, onError, http: { public: nowhere, any: nowhere } }
  const audit = createAudit({ sinks: [(record) => records.push(record)], now, required: true })
  const sts = await openSts({ ...setting, audit })
  return {
    sts,
    /** What no record may hold. */
    secrets,
    nowMs: now,
    /** The answer to a request, of which all holds that holds of every answer. */
    async ask(
      request: SignableRequest & { readonly body: string },
      isRefusal: (answer: StsResponse) => void,
    ) {
      const before = sts.registry.trust()
      const startMs = performance.now()
      const answered = await answer(arrived(request), sts)
      const tookMs = performance.now() - startMs
      const { status, body } = answered
      assert.ok(tookMs < boundMs, `${tookMs} ms`)
      assert.ok(status < 500, `${status} ${body}`)
      assert.doesNotMatch(body, /InternalFailure/)
      if (status >= 400) {
        isRefusal(answered)
        assert.equal(sts.registry.trust(), before, 'a refusal changes nothing')
      }
      const told = JSON.stringify(records)
      for (const each of secrets) assert.ok(!told.includes(each), 'no record holds a secret')
      return answered
    },
    /** What is stored is what the next process takes, all of it. */
    async close() {
      const again = await openSts({ ...setting, audit })
      assert.deepEqual(registered(again), registered(sts))
      assert.deepEqual(again.registry.leftOut(), [])
      await again.registry.close()
      await sts.registry.close()
    },
  }
}

/** Without the marks by which changes of one account are told to be in conflict. */
const registered = ({ registry }: AdministeredSts) =>
  registry
    .view()
    .list('')
    .filter(({ key }) => !key.startsWith('changed/'))
    .map(({ key, document }) => [key, document])

export function arrived(request: SignableRequest & { readonly body: string }): StsRequest {
  const host = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? ''
  return { ...request, id: 'request-1', origin: `https://${host}`, host, from: '192.0.2.7' }
}

const separator = '\n~\n'

/** One text of several requests. */
export const inOrder = (...requests: readonly string[]) => requests.join(separator)

/** Five at most: what one left, the next may stumble over. What comes over a network has no half of a surrogate pair. */
export const requestsIn = (text: string) => text.toWellFormed().split(separator).slice(0, 5)
