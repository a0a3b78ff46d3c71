import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxDenied, type ReadSetting } from './box-denied.ts'

const denied = { stderr: 'unshare: unshare failed: Operation not permitted\n' }
const settings =
  (values: Readonly<Record<string, string>> = {}): ReadSetting =>
  (path) =>
    values[path]

test('a missing tool is named with its package', () => {
  const noSetpriv = { error: new Error('spawnSync setpriv ENOENT'), stderr: '' }
  const noUnshare = { stderr: 'setpriv: failed to execute unshare: No such file or directory\n' }
  for (const trial of [noSetpriv, noUnshare]) {
    const without = boxDenied(trial, settings())
    assert.deepEqual([without.code, /util-linux/.test(without.hint)], ['LAB_TOOL', true])
  }
  for (const stderr of ['mayfly-box: 3: ip: not found\n', 'sh: line 3: ip: command not found\n']) {
    const noIp = boxDenied({ stderr }, settings())
    assert.deepEqual([noIp.code, /iproute2/.test(noIp.hint)], ['LAB_TOOL', true])
  }
})

test('each way in which a kernel forbids it has its own way out', () => {
  const cases: [Record<string, string>, RegExp, RegExp][] = [
    [
      { 'kernel/unprivileged_userns_clone': '0' },
      /kernel\.unprivileged_userns_clone is 0/,
      /sysctl -w kernel\.unprivileged_userns_clone=1/,
    ],
    [{ 'user/max_user_namespaces': '0' }, /user\.max_user_namespaces is 0/, /sysctl/],
    [{ 'kernel/apparmor_restrict_unprivileged_userns': '1' }, /AppArmor/, /sudo/],
    [{}, /container/, /--cap-add SYS_ADMIN/],
  ]
  for (const [values, says, hint] of cases) {
    const error = boxDenied(denied, settings(values))
    assert.equal(error.code, 'LAB_DENIED')
    assert.match(error.message, says)
    assert.match(error.hint, hint)
    assert.match(error.message, /Operation not permitted/)
  }
})
