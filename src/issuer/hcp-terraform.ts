import { madeUpWord } from './made-up.ts'
import { audienceClaim, type Inputs, type Shape } from './shape.ts'

/**
 * A run's token, `TFC_WORKLOAD_IDENTITY_TOKEN`; Terraform Enterprise makes the same under its own URL.
 * @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
 */
export const hcpTerraform = {
  name: 'hcp-terraform',
  inputs: {
    organization: 'organization; acme',
    project: 'project; Default Project',
    workspace: 'workspace; shop',
    run_phase: 'plan or apply; plan',
    terraform_organization_name: 'the same as organization',
    terraform_project_name: 'the same as project',
    terraform_workspace_name: 'the same as workspace',
    terraform_run_phase: 'the same as run_phase',
  },
  // The longest that a plan may take; an apply may take a day.
  lifetimeSeconds: 7200,
  jwksPath: '/.well-known/jwks',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds, id }) {
    const { organization, project, workspace, phase } = runOf(inputs)
    const full = `organization:${organization}:project:${project}:workspace:${workspace}`
    return {
      jti: id,
      iss: issuer,
      aud: audienceClaim(audience, 'aws.workload.identity'),
      iat: issuedAt,
      nbf: issuedAt - 5,
      exp: issuedAt + lifetimeSeconds,
      sub: `${full}:run_phase:${phase}`,
      terraform_organization_id: `org-${madeUpWord(`organization ${organization}`, 16)}`,
      terraform_organization_name: organization,
      terraform_project_id: `prj-${madeUpWord(`project ${organization} ${project}`, 16)}`,
      terraform_project_name: project,
      terraform_workspace_id: `ws-${madeUpWord(full, 16)}`,
      terraform_workspace_name: workspace,
      terraform_full_workspace: full,
      terraform_run_id: `run-${madeUpWord(`run ${full}`, 16)}`,
      terraform_run_phase: phase,
    }
  },
  discovery: (_issuer, algorithm) => ({
    id_token_signing_alg_values_supported: [algorithm],
    response_types_supported: ['id_token'],
    scopes_supported: ['openid'],
    subject_types_supported: ['public'],
  }),
} as const satisfies Shape

function runOf(inputs: Inputs) {
  return {
    organization: inputs.organization ?? inputs.terraform_organization_name ?? 'acme',
    project: inputs.project ?? inputs.terraform_project_name ?? 'Default Project',
    workspace: inputs.workspace ?? inputs.terraform_workspace_name ?? 'shop',
    phase: inputs.run_phase ?? inputs.terraform_run_phase ?? 'plan',
  }
}
