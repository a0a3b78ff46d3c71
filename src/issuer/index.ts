import { awsOutbound } from './aws-outbound.ts'
import { bitbucket } from './bitbucket.ts'
import { buildkite } from './buildkite.ts'
import { circleci } from './circleci.ts'
import { entraManagedIdentity } from './entra-managed-identity.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { googleServiceAccount } from './google-service-account.ts'
import { hcpTerraform } from './hcp-terraform.ts'
import { jenkins } from './jenkins.ts'
import { kubernetes } from './kubernetes.ts'
import type { Shape } from './shape.ts'
import { spiffe } from './spiffe.ts'

/** The platforms whose tokens we can make. A new one is a file, a line here, and its name in the registry's schema. */
export const shapes = [
  gitlab,
  github,
  kubernetes,
  circleci,
  buildkite,
  bitbucket,
  hcpTerraform,
  jenkins,
  spiffe,
  googleServiceAccount,
  entraManagedIdentity,
  awsOutbound,
] as const satisfies readonly Shape[]

export type ShapeName = (typeof shapes)[number]['name']

export function shapeNamed(name: ShapeName): Shape {
  return shapes.find((each) => each.name === name)!
}
