import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkJars } from './jars.ts'

async function moduleWith(t: TestContext, jars: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rm(folder, { recursive: true }))
  const libraries = join(folder, 'module', 'libraries')
  await mkdir(libraries, { recursive: true })
  for (const [name, text] of Object.entries(jars)) await writeFile(join(libraries, name), text)
  return folder
}

// Of "1".
const sha256 = '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b'
const line = (name: string) => `${sha256}  module/libraries/${name}\n`

test('a jar that is new, changed or missing is told', async (t) => {
  const folder = await moduleWith(t, { 'changed.jar': '2', 'new.jar': '3', 'same.jar': '1' })
  const list = join(folder, 'list')
  await writeFile(list, ['changed.jar', 'missing.jar', 'same.jar'].map(line).join(''))
  await assert.rejects(checkJars(folder, list), ({ message }: Error) => {
    const told = [...message.matchAll(/^([-+]) .*\/(\S+)$/gm)].map(([, mark, name]) => `${mark}${name}`)
    assert.deepEqual(told, ['-changed.jar', '-missing.jar', '+changed.jar', '+new.jar'])
    return true
  })
})

test('the list that would do is written beside the jars, and does', async (t) => {
  const folder = await moduleWith(t, { 'same.jar': '1' })
  const list = join(folder, 'list')
  await writeFile(list, '')
  await assert.rejects(checkJars(folder, list))
  await copyFile(join(folder, 'jars.sha256'), list)
  assert.equal(await readFile(list, 'utf8'), line('same.jar'))
  await checkJars(folder, list)
})
