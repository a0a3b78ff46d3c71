import { nearest } from '../wire/nearest.ts'
import type { Command } from './command.ts'
import { usage } from './flags.ts'
import { trustDiff } from './trust-diff.ts'
import { trustRender } from './trust-render.ts'

export const trust: Command = {
  summary: 'one rule written as each cloud writes it, and what two trusts differ in',
  usage: `mayfly trust render --issuer URL --subject S --audience A [--claim NAME=VALUE]… [--as aws|google|gcloud|entra] [--json]
mayfly trust diff OLD NEW [--json]

render writes the documents with which exactly these tokens get in:
  --issuer URL        \`iss\`
  --subject S         \`sub\`, character for character
  --audience A        \`aud\`
  --claim NAME=VALUE  another claim, which has to be this text; again for another
  --as CLOUD          one document alone: aws, what \`aws iam create-role --assume-role-policy-document\` takes; google, the
                      provider as gcloud prints it; gcloud, the command that makes that; entra, what Graph takes
  --account ID        the AWS account
  --provider NAME     projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/ID
  --json              all of them, for programs
What a cloud has no words for is told and never left out. Every document was seen to let in its token, and none that
differs in one claim.
Exit codes: 0 written, 1 a cloud cannot say it, 2 wrong command line.

diff tells who gets in by NEW and not by OLD, and the other way round, each with a token that both were asked about. It
is about tokens whose claims are texts; of other values those are tried that conditions compare with. Rules about others
(AWS principals, session tags, how long the tokens of an authorization server last) are told when they change, and not
compared. Of an authorization server one resource and one scope is asked for at a time.
  OLD, NEW            what mayfly explain takes for --trust
  --json              for programs
Exit codes: 0 nobody gets in who did not before, 1 somebody does or it cannot be told, 2 input that cannot be used.
`,
  async run([word, ...args], io) {
    if (word === 'render') return trustRender(args, io)
    if (word === 'diff') return trustDiff(args, io)
    if (word === undefined) throw usage('trust', 'what? render or diff is missing')
    const meant = nearest(word, ['render', 'diff'])
    throw usage('trust', `there is no mayfly trust ${word}${meant ? `; did you mean ${meant}?` : ''}`)
  },
}
