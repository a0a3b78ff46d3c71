"""Fills a moto server by boto3, unsigned for moto's purposes, and prints the credentials that ECS would hand to a task."""

import json
import sys

import boto3

ACCOUNT = "123456789012"


def client(service):
    return boto3.client(
        service, "eu-west-1", endpoint_url=sys.argv[1], aws_access_key_id="any", aws_secret_access_key="any"
    )


def role(name, principal, permissions, condition=None):
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [{**trust, **({"Condition": condition} if condition else {})}]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    allowed = [{"Effect": "Allow", "Action": permissions, "Resource": "*"}]
    policy = {"Version": "2012-10-17", "Statement": allowed}
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))


iam, sts, s3 = client("iam"), client("sts"), client("s3")
role("deploy", {"Service": "ec2.amazonaws.com"}, ["s3:PutObject", "s3:GetObject"])
role("loader", {"Service": "ecs-tasks.amazonaws.com"}, ["sts:AssumeRole"])
task = f"arn:aws:sts::{ACCOUNT}:assumed-role/loader/task"
role("archive", {"AWS": task}, ["s3:ListBucket"], {"StringEquals": {"sts:ExternalId": "acme-archive"}})
s3.create_bucket(Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

assumed = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/loader", RoleSessionName="task")
print(json.dumps(assumed["Credentials"], default=lambda date: date.strftime("%Y-%m-%dT%H:%M:%SZ")))
