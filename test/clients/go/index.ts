import { run } from '../../fakes/run.ts'
import type { Toolchain } from '../client.ts'
import { build } from './build.ts'
import { clients } from './clients.ts'

/** The Go that is installed. Versions of one library that exclude each other are modules of their own. */
export const go: Toolchain = {
  language: 'go',
  async found() {
    const ran = await run(['go', 'version'], process.env).catch(() => undefined)
    return ran?.code === 0 ? ran.out.trim() : undefined
  },
  prepare: build,
  clients,
}
