// What a deploy job asks AWS: who am I, and what runs here? It knows nothing of credentials.
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const { Arn } = await new STSClient().send(new GetCallerIdentityCommand())
console.log(`I am ${Arn}`)
const { Reservations } = await new EC2Client().send(new DescribeInstancesCommand())
for (const { InstanceId, State } of Reservations.flatMap((each) => each.Instances))
  console.log(`instance ${InstanceId} is ${State.Name}`)
