import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderOf } from '../../test/workload.ts'
import { certificateAuthority } from './certificates.ts'
import { javaStores, trustStore } from './java-stores.ts'

const ca = certificateAuthority().cert

test('Java reads the authority in it, and takes it for whole', (t) => {
  if (spawnSync('keytool', ['-help']).error) return t.skip('keytool, which reads Java’s stores, is not here')
  const path = join(folderOf(t), 'cacerts')
  writeFileSync(path, trustStore(new X509Certificate(ca).raw))
  const listed = execFileSync('keytool', ['-list', '-keystore', path, '-storepass', 'changeit'], {
    encoding: 'utf8',
  })
  assert.match(listed, /mayfly-lab, .*trustedCertEntry/)
  assert.match(listed, new RegExp(new X509Certificate(ca).fingerprint256))
})

test('the store of a JDK is found by JAVA_HOME and by the program on PATH', (t) => {
  const home = folderOf(t, { 'lib/security/cacerts': 'x', 'bin/java': '' })
  const store = join(home, 'lib/security/cacerts')
  for (const env of [{ JAVA_HOME: home, PATH: '' }, { PATH: join(home, 'bin') }]) {
    const [found] = javaStores(ca, env)
    assert.ok(found?.over.includes(store), JSON.stringify(found?.over))
  }
})
