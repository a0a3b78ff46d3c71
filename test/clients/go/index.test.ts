import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { goCommand } from './build.ts'
import { go } from './index.ts'
import { movableClock } from './movable-clock.ts'

it('has a client for every program, of the version in its go.mod', async () => {
  const clients = go.clients('/built')
  assert.deepEqual(
    clients.map(({ command }) => command[0]).sort(),
    (await programs()).map((each) => `/built/${each}`).sort(),
  )
  for (const { version } of clients) assert.match(version, /^v\d+\.\d+\.\d+/)
})

it('has programs that know of no endpoint, option or variable', async () => {
  for (const program of await programs()) {
    const source = await readFile(new URL(`./${program}/main.go`, import.meta.url), 'utf8')
    assert.doesNotMatch(source, /endpoint|environ|getenv|setenv|api\/option|aws\/credentials/i, program)
  }
})

async function programs(): Promise<string[]> {
  const files = await readdir(new URL('.', import.meta.url), { recursive: true })
  return files.filter((each) => basename(each) === 'main.go').map(dirname)
}

const found = await go.found()

describe('the clock of the clients', { skip: found === undefined && 'there is no go command here' }, () => {
  let folder: string
  let test: readonly string[]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mayfly-go-'))
    test = [
      'test',
      '-count=1',
      '-overlay',
      await movableClock(await goCommand(['env', 'GOROOT'], 'living'), folder),
    ]
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('moves as a file says, while timers, deadlines and connections stay real', async () => {
    await goCommand(test, 'living', { FAKETIME_TIMESTAMP_FILE: join(folder, 'offset') })
  })

  it('is the machine’s where no file is named', async () => {
    const tests = '^TestMachineClockWithoutAFile$'
    await goCommand([...test, '-run', tests], 'living', { FAKETIME_TIMESTAMP_FILE: undefined })
  })
})
