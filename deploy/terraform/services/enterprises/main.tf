# The configuration of enterprises: one table.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_dynamodb_table" "enterprises" {
  name         = var.table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "PK"
  range_key    = "SK"
  tags         = var.tags

  attribute {
    name = "PK"
    type = "S"
  }

  attribute {
    name = "SK"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}

data "aws_iam_policy_document" "service" {
  statement {
    sid = "EnterprisesService"
    actions = [
      "dynamodb:PutItem",
      "dynamodb:GetItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
      "dynamodb:Query",
      "dynamodb:Scan",
    ]
    resources = [aws_dynamodb_table.enterprises.arn]
  }
}

module "alarms" {
  source = "../../modules/table-alarms"

  table_name               = aws_dynamodb_table.enterprises.name
  operations               = ["DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"]
  consumed_units_threshold = var.consumed_units_threshold
  actions                  = var.alarm_actions
  tags                     = var.tags
}
