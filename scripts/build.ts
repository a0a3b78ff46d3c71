// Bundles the command line into dist/cli, and with --library compiles the library into dist/lib. Does nothing,
// quickly, while nothing is newer than what it made.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const out = join(root, 'dist', 'cli')
const entry = join(out, 'main.js')

// esbuild has printed what is wrong.
if (isOlder(entry)) await bundle().catch(() => process.exit(1))
if (process.argv.includes('--library')) library()

/** Whether a product is older than any source, the manifest, the lock file or this script. */
function isOlder(product: string): boolean {
  const madeMs = modifiedMs(product)
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((each) => each.endsWith('.ts') && !each.endsWith('.test.ts'))
    .map((each) => join('src', each))
  const inputs = [...sources, 'package.json', 'package-lock.json', 'scripts/build.ts']
  return inputs.some((each) => modifiedMs(join(root, each)) > madeMs)
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

async function bundle(): Promise<void> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outdir: 'dist/cli',
    chunkNames: 'chunk-[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    // Some packages come as CommonJS only and `require` Node's own modules.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    write: false,
  })
  // The entry last and by a rename: a command that starts meanwhile runs the old bundle or the new one, never half.
  const chunks = outputFiles.filter((each) => each.path !== entry)
  mkdirSync(out, { recursive: true })
  for (const { path, contents } of chunks) writeFileSync(path, contents)
  const fresh = `${entry}.${process.pid}`
  writeFileSync(fresh, outputFiles.find((each) => each.path === entry)!.contents)
  renameSync(fresh, entry)
  removeStale(new Set([entry, ...chunks.map((each) => each.path)].map((each) => basename(each))))
}

function removeStale(kept: ReadonlySet<string>): void {
  for (const each of readdirSync(out)) if (!kept.has(each)) rmSync(join(out, each), { recursive: true })
}

function library(): void {
  const product = join(root, 'dist', 'lib', 'index.js')
  if (!isOlder(product)) return
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const run = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (run.status !== 0) process.exit(run.status ?? 1)
}
