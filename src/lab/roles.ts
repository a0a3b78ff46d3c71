import { MayflyError } from '../errors.ts'
import { authorizeForService } from '../sts/authorize.ts'
import type { Stage } from './platform.ts'

/**
 * The role that a workload of this platform has: the one that was named, or the only one that the platform's service may assume.
 * @throws LAB_ROLE when there is none, or several
 */
export function roleFor({ workload, sts }: Stage, service: string): string {
  if (workload.role !== undefined) return workload.role
  const registered = sts.registered()
  const roles = [...registered.aws.values()].flatMap((account) => [...account.roles.values()])
  const fitting = roles.map((each) => each.arn).filter((roleArn) => isFor(roleArn, service, sts))
  if (fitting.length === 1) return fitting[0]!
  const found = fitting.length ? `has several: ${fitting.join(', ')}` : 'has none'
  throw new MayflyError('LAB_ROLE', {
    message: `a role that ${service} may assume is needed, and the trust ${found}`,
    ...(fitting.length === 0 && {
      hint: `Register a role whose trust policy lets {"Service": "${service}"} do sts:AssumeRole; there are: ${roles.map((each) => each.name).join(', ') || 'none'}.`,
    }),
  })
}

function isFor(roleArn: string, service: string, sts: Stage['sts']): boolean {
  try {
    authorizeForService({ roleArn, service, sessionName: 'mayfly-lab' }, sts.registered(), sts.now())
    return true
  } catch {
    return false
  }
}
