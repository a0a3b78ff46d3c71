import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../secret.ts'
import { childEnvironment } from './child.ts'
import type { Change } from './delivery.ts'
import { aroundProxies } from './proxies.ts'

const set = (variable: string, value: string | Secret, of = 'a'): Change => ({
  variable,
  action: 'set',
  value,
  reason: 'test',
  of,
})
const unset = (variable: string, of = 'a'): Change => ({ variable, action: 'unset', reason: 'test', of })
const append = (variable: string, value: string): Change => ({
  variable,
  action: 'append',
  value,
  reason: 'test',
})

test('what is unset is gone and not empty, what is set is there, the rest stays', () => {
  const changes = [unset('GONE'), set('NEW', 'one'), set('OLD', 'two')]
  assert.deepEqual(childEnvironment({ GONE: 'x', OLD: 'x', KEPT: 'x', ABSENT: undefined }, changes), {
    NEW: 'one',
    OLD: 'two',
    KEPT: 'x',
  })
})

test('a secret becomes its value here', () => {
  assert.deepEqual(childEnvironment({}, [set('TOKEN', new Secret('value'))]), { TOKEN: 'value' })
})

test('for one credential a set beats an unset in either order, and the later set counts', () => {
  assert.deepEqual(childEnvironment({ A: 'x' }, [set('A', '1'), unset('A'), set('A', '2')]), { A: '2' })
})

test('entries are appended once, after those that are there', () => {
  assert.deepEqual(childEnvironment({ LIST: 'x, b' }, [append('LIST', 'a,b'), append('LIST', 'a')]), {
    LIST: 'x,b,a',
  })
})

test('what the user excepts from the proxy under one spelling is there under both', () => {
  const { NO_PROXY, no_proxy } = childEnvironment({ NO_PROXY: 'intranet.test' }, aroundProxies)
  assert.match(no_proxy!, /^intranet\.test,127\.0\.0\.1,/)
  assert.equal(no_proxy, NO_PROXY)
  assert.equal(childEnvironment({ no_proxy: '*' }, aroundProxies).NO_PROXY, '*')
})

test('two credentials that want different things of a variable are refused, both named', () => {
  for (const other of [set('A', '2', 'b'), unset('A', 'b')])
    for (const changes of [
      [set('A', '1'), other],
      [other, set('A', '1')],
    ])
      assert.throws(
        () => childEnvironment({}, changes),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'CONFIG_FIELD')
          assert.match(error.message, /"a"/)
          assert.match(error.message, /"b"/)
          return true
        },
      )
})

test('a value that no variable can hold is refused by name, and not shown', () => {
  assert.throws(
    () => childEnvironment({}, [set('TOKEN', new Secret('tell\0nobody'), 'warehouse')]),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'CONFIG_FIELD')
      assert.match(error.message, /TOKEN.*"warehouse"/)
      assert.doesNotMatch(error.message, /tell|nobody/)
      return true
    },
  )
})

test('two credentials that want the same are not in conflict', () => {
  const changes = [set('A', '1'), unset('B'), set('A', '1', 'b'), unset('B', 'b')]
  assert.deepEqual(childEnvironment({ B: 'x' }, changes), { A: '1' })
})
