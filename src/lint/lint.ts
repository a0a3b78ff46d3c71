import type { GivenTrust } from '../registry/given.ts'
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
  for (const proof of await proofsIn(given, checked))
    found.push(findingOf(proof, await sound(proof, checked)))
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

async function firstFitting(
  proofs: readonly Proof[],
  first: Proof,
  { legitimate: before }: Mended,
): Promise<Mended | undefined> {
  for (const proof of proofs) {
    const { mended } = proof
    if (!mended || !(await first.isEndedBy(mended))) continue
    if (!before) return { proof }
    for (const legitimate of [before, ...(proof.legitimate ? [proof.legitimate] : [])])
      if (await first.allows(mended, legitimate)) return { proof, legitimate }
  }
  return undefined
}

function findingOf({ rule, suspicion, example }: Proof, { proof: last, legitimate }: Mended): Finding {
  const { document, path, message } = suspicion
  const { place } = document.given
  return {
    rule: rule.id,
    severity: rule.severity,
    file: place.file,
    line: place.line(path),
    message,
    ...(example && { example }),
    ...(last.mended && { fixed: vendorsOwn(document, last.suspicion.fixed) }),
    ...(last.mended && legitimate && { legitimate }),
  }
}
