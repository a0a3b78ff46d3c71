import { mkdir } from 'node:fs/promises'
import { run } from '../../fakes/run.ts'
import type { Toolchain } from '../client.ts'
import { makeLibrary } from '../faketime.ts'
import { clients, locks } from './clients.ts'
import { venv } from './venv.ts'

/** The machine's own python3, from 3.10 on, with a pip that installs into other environments: 22.3 or later. */
export const python: Toolchain = {
  language: 'python',
  async found() {
    const versions = await interpreter()
    return versions && `Python ${versions.python} with pip ${versions.pip}`
  },
  async prepare(folder) {
    const versions = await interpreter()
    if (!versions) throw new Error('there is no python3 from 3.10 on with pip from 22.3 on')
    await mkdir(folder, { recursive: true })
    // One after the other: the machine's cores are for others too.
    for (const lock of locks) await venv(folder, lock).make(versions.python)
    await makeLibrary(folder)
  },
  clients,
}

// `venv` is imported because Debian packs it apart.
const probe = `
import sys, venv, pip
print("%d.%d.%d" % sys.version_info[:3], pip.__version__)
recent = sys.version_info >= (3, 10) and tuple(map(int, pip.__version__.split(".")[:2])) >= (22, 3)
sys.exit(0 if recent else 1)
`

async function interpreter() {
  const ran = await run(['python3', '-c', probe], process.env).catch(() => undefined)
  if (ran?.code !== 0) return undefined
  const [python = '', pip = ''] = ran.out.trim().split(' ')
  return { python, pip }
}
