# What an administrator registers: gitlab.com is trusted, and one branch of one project deploys, within a boundary. What
# deploys may roll back.

variable "endpoint" {}

variable "branch" {
  default = "main"
}

variable "max_session_duration" {
  default = 3600
}

provider "aws" {
  region = "eu-west-1"

  # Neither EC2 nor an instance's metadata is at the endpoint.
  skip_get_ec2_platforms  = true
  skip_metadata_api_check = true

  endpoints {
    iam = "${var.endpoint}"
    sts = "${var.endpoint}"
  }
}

data "aws_caller_identity" "administrator" {}

resource "aws_iam_openid_connect_provider" "gitlab" {
  url             = "https://gitlab.com"
  client_id_list  = ["https://user-audience.test"]
  thumbprint_list = ["b3dd7606d2b5a8b4a13771dbecc9ee1cecafa38a"]
}

data "aws_iam_policy_document" "branch" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = ["${aws_iam_openid_connect_provider.gitlab.arn}"]
    }

    condition {
      test     = "StringEquals"
      variable = "gitlab.com:aud"
      values   = ["https://user-audience.test"]
    }

    condition {
      test     = "StringEquals"
      variable = "gitlab.com:sub"
      values   = ["project_path:acme/shop:ref_type:branch:ref:${var.branch}"]
    }
  }
}

data "aws_iam_policy_document" "pictures" {
  statement {
    sid       = "ReadPictures"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["arn:aws:s3:::pictures-${data.aws_caller_identity.administrator.account_id}/*"]
  }
}

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  path   = "/ci/"
  policy = "${file("${path.module}/boundary.json")}"
}

resource "aws_iam_policy" "pictures" {
  name        = "pictures"
  description = "Reads pictures"
  policy      = "${data.aws_iam_policy_document.pictures.json}"
}

resource "aws_iam_role" "deploy" {
  name                 = "deploy"
  path                 = "/ci/"
  description          = "Jobs of acme/shop"
  assume_role_policy   = "${data.aws_iam_policy_document.branch.json}"
  max_session_duration = "${var.max_session_duration}"
  permissions_boundary = "${aws_iam_policy.boundary.arn}"

  tags = {
    team = "shop"
    cost = "R+D: a/b = c"
  }
}

resource "aws_iam_role_policy_attachment" "pictures" {
  role       = "${aws_iam_role.deploy.name}"
  policy_arn = "${aws_iam_policy.pictures.arn}"
}

resource "aws_iam_role_policy_attachment" "aws" {
  role       = "${aws_iam_role.deploy.name}"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy" "rollout" {
  name = "rollout"
  role = "${aws_iam_role.deploy.id}"

  policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*" }
}
POLICY
}

data "aws_iam_policy_document" "deploy" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["${aws_iam_role.deploy.arn}"]
    }
  }
}

resource "aws_iam_role" "rollback" {
  name               = "rollback"
  assume_role_policy = "${data.aws_iam_policy_document.deploy.json}"
}
