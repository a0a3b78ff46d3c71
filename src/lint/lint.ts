import type { GivenTrust } from '../registry/given.ts'
import { documentName } from './document-name.ts'
import { type Proof, proved } from './prove.ts'
import { type Claims, type Finding, type Rule, type Suspect, severities } from './rule.ts'
import { rules } from './rules.ts'
import { surrounding, vendorsOwn } from './suspects.ts'

/**
 * What is dangerous in a trust, the worst first. Each finding is proved by the engine that decides: a token that gets
 * through and should not, or one that does not and should. The fixed document is one in which nothing is found any more.
 */
export async function lint(given: GivenTrust, checked: readonly Rule[] = rules): Promise<Finding[]> {
  const found: Finding[] = []
  const worstFirst = (await proofsIn(given, checked)).sort((a, b) => rankOf(a.rule) - rankOf(b.rule))
  const done = new Map<object, Mended[]>()
  for (const proof of worstFirst) {
    const { place } = proof.suspicion.document.given
    const before = done.get(place) ?? []
    const mended = (await mendedBefore(proof, before)) ?? (await sound(proof, checked))
    done.set(place, [...before, mended])
    found.push(findingOf(proof, (await isOffered(proof, mended)) ? mended : undefined))
  }
  return found.sort((a, b) => rankOf(a) - rankOf(b) || a.file.localeCompare(b.file) || a.line - b.line)
}

const rankOf = ({ severity }: Pick<Rule, 'severity'>) => severities.indexOf(severity)

async function proofsIn(given: GivenTrust, checked: readonly Rule[], within?: Suspect): Promise<Proof[]> {
  const proofs: Proof[] = []
  for (const rule of checked)
    for (const suspicion of rule.find(given)) {
      if (within && !isSame(suspicion.document, within)) continue
      const proof = await proved(rule, suspicion, given)
      if (proof) proofs.push(proof)
    }
  return proofs
}

function isSame(one: Suspect, other: Suspect): boolean {
  return one.kind === other.kind && one.given.place === other.given.place
}

/** So often a document is mended: no rule's fix calls for that many others. */
const mostSteps = 8

/** A document that was mended as far as it goes, and a token that is meant to pass and does. */
interface Mended {
  readonly proof: Proof
  readonly legitimate?: Claims | undefined
}

/** What is found in the mended document is mended too, the worst first, as long as the example stays ended. */
async function sound(first: Proof, checked: readonly Rule[]): Promise<Mended> {
  let last: Mended = { proof: first, legitimate: first.legitimate }
  for (let step = 0; step < mostSteps && last.proof.mended; step++) {
    const { document } = last.proof.suspicion
    const left = await proofsIn(surrounding(last.proof.mended, document), checked, document)
    const next = await firstFitting(
      left.sort((a, b) => rankOf(a.rule) - rankOf(b.rule)),
      first,
      last,
    )
    if (!next) break
    last = next
  }
  return last
}

/** Unless another part of the document lets the example in all the same, and could not be mended. */
async function isOffered(first: Proof, { proof: { mended } }: Mended): Promise<boolean> {
  return mended !== undefined && (await first.isEndedBy(mended))
}

async function firstFitting(
  proofs: readonly Proof[],
  first: Proof,
  { legitimate }: Mended,
): Promise<Mended | undefined> {
  for (const proof of proofs) {
    const fitting = await fittingFor(first, proof, [legitimate, proof.legitimate])
    if (fitting) return fitting
  }
  return undefined
}

/** What is wrong with a document is mostly mended together with the worst of it. */
async function mendedBefore(first: Proof, done: readonly Mended[]): Promise<Mended | undefined> {
  if (!first.mended) return undefined
  for (const { proof, legitimate } of done) {
    const fitting = await fittingFor(first, proof, [first.legitimate, legitimate])
    if (fitting) return fitting
  }
  return undefined
}

/** Whether a mended document ends what was found first, and one of the tokens that should pass does. */
async function fittingFor(
  first: Proof,
  proof: Proof,
  tokens: readonly (Claims | undefined)[],
): Promise<Mended | undefined> {
  const { mended } = proof
  if (!mended || !(await first.isEnded(mended))) return undefined
  if (!first.legitimate) return { proof }
  for (const legitimate of tokens)
    if (legitimate && (await first.allows(mended, legitimate))) return { proof, legitimate }
  return undefined
}

function findingOf({ rule, suspicion, example }: Proof, mended: Mended | undefined): Finding {
  const { document, path, message, during } = suspicion
  const { place } = document.given
  const { legitimate } = mended ?? {}
  const name = documentName(document)
  return {
    rule: rule.id,
    severity: rule.severity,
    file: place.file,
    line: place.line(path),
    ...(name !== undefined && { document: name }),
    message:
      during === undefined ? message : `${message}, while its condition ${JSON.stringify(during)} holds`,
    ...(example && { example }),
    ...(mended && { fixed: vendorsOwn(document, mended.proof.suspicion.fixed) }),
    ...(legitimate && { legitimate }),
  }
}
