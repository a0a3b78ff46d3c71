import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { clients } from './clients.ts'

const packages = fileURLToPath(new URL('./packages', import.meta.url))
const living = clients(packages).filter((client) => client.living)

it('every version is the one that its package pins', async () => {
  for (const { name, version, command } of living) {
    const folder = dirname(command.at(-1)!)
    const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    assert.equal(dependencies[name], version, basename(folder))
  }
})

it('every living program takes its library by the name that its users know, and no endpoint', async () => {
  for (const { name, command } of living) {
    const source = await readFile(command.at(-1)!, 'utf8')
    assert.ok(source.includes(`from '${name}'`), `${command.at(-1)} imports ${name}`)
    assert.doesNotMatch(source, /endpoint|credential|process\.env/i)
  }
})

it('no two clients are the same library in the same version', () => {
  const named = clients(packages).map(({ name, version }) => `${name} ${version}`)
  assert.equal(new Set(named).size, named.length)
})
