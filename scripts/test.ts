// Runs every test, or the files that are named, as many files at once as there are cores: Node's own default leaves one idle.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const named = process.argv.slice(2)
const files = named.length > 0 ? named : ['src/**/*.test.ts', 'test/**/*.test.ts']
const flags = ['--test', `--test-concurrency=${availableParallelism()}`]
const { status } = spawnSync(process.execPath, [...flags, ...files], { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
