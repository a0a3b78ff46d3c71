import { instanceMetadata } from './ec2.ts'
import { ecsSite } from './ecs.ts'
import type { Platform } from './platform.ts'
import { roleFor } from './roles.ts'

export const ecsEc2: Platform = {
  name: 'ecs-ec2',
  summary: 'a task of ECS on an EC2 instance: the task role, and the node’s at 169.254.169.254',
  takes: ['role', 'region'],
  async open(stage) {
    const task = ecsSite(stage, 'EC2')
    // `--role` names the task's; the node has its own.
    const { role: _, ...node } = stage.workload
    const nodeRole = roleFor({ ...stage, workload: node }, 'ec2.amazonaws.com')
    return { ...task, metadata: { ...task.metadata, ...instanceMetadata(stage, nodeRole) } }
  },
}
