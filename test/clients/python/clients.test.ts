import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { it } from 'node:test'
import { checkout, run } from '../../fakes/run.ts'
import { clients, locks } from './clients.ts'
import { python } from './index.ts'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const all = clients('/prepared')

it('every lock file pins what its `.in` file asks for, and all that it pulls in, by hashes', async () => {
  const files = await readdir(new URL('./locks', import.meta.url))
  assert.deepEqual(files.toSorted(), locks.flatMap((lock) => [`${lock}.in`, `${lock}.txt`]).toSorted())
  for (const lock of locks) {
    const pins = await read(`./locks/${lock}.txt`)
    const requirements = pins.split(/\n(?=\S)/).filter((each) => !each.startsWith('#'))
    for (const each of requirements)
      assert.match(each, /^[a-z0-9.-]+==\S+[^\n]* \\\n {4}--hash=sha256:[0-9a-f]{64}/)
    const asked = (await read(`./locks/${lock}.in`)).match(/^[a-z].*$/gm) ?? []
    for (const wanted of asked)
      assert.ok(
        requirements.some((each) => each.startsWith(wanted)),
        `${lock}.txt has ${wanted}`,
      )
  }
})

it('no living program knows an endpoint, a credential or its environment', async () => {
  for (const { command, living } of all) {
    if (!living) continue
    const source = await readFile(new URL(command.at(-1)!, `file://${checkout}`), 'utf8')
    assert.doesNotMatch(source, /endpoint|environ|secret|token|verify/i, command.at(-1))
  }
})

it('no two clients are the same library in the same version', () => {
  const named = all.map(({ name, version }) => `${name} ${version}`)
  assert.equal(new Set(named).size, named.length)
})

const skip = (await python.found()) === undefined && 'there is no python3 from 3.10 on with pip from 22.3 on'

it('a program whose client could not be made tells of it, and makes it at the next call', {
  skip,
}, async () => {
  const program = `
import sys
sys.path.insert(0, "test/clients/python")
from answer_lines import answer_lines
attempts = []
def connect():
    attempts.append(1)
    if len(attempts) == 1:
        raise LookupError("no credentials")
    return lambda: f"made at attempt {len(attempts)}"
answer_lines(connect)
`
  const ran = await run(['sh', '-c', `printf 'call\\ncall\\ncall\\n' | python3 -c '${program}'`], process.env)
  assert.deepEqual(
    ran.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { ok: false, text: 'builtins.LookupError: no credentials' },
      { ok: true, text: 'made at attempt 2' },
      { ok: true, text: 'made at attempt 2' },
    ],
  )
})
