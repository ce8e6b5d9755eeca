# The inventory: for each service a table of events, with a stream for those who make views of them, and a
# table of views.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_dynamodb_table" "events" {
  for_each = var.services

  name             = "${each.key}-events"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "id"
  range_key        = "timestamp"
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"
  tags             = var.tags

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "timestamp"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_dynamodb_table" "read" {
  for_each = var.services

  name         = "${each.key}-read"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = var.tags

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}

locals {
  tables = concat(values(aws_dynamodb_table.events), values(aws_dynamodb_table.read))
}

data "aws_iam_policy_document" "services" {
  statement {
    sid = "InventoryServices"
    actions = [
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "dynamodb:DescribeTable",
    ]
    resources = local.tables[*].arn
  }

  statement {
    sid = "StreamsReadByProjectors"
    actions = [
      "dynamodb:DescribeStream",
      "dynamodb:GetShardIterator",
      "dynamodb:GetRecords",
    ]
    resources = [for table in aws_dynamodb_table.events : "${table.arn}/stream/*"]
  }
}

module "alarms" {
  source   = "../../modules/table-alarms"
  for_each = setunion([for name in var.services : "${name}-events"], [for name in var.services : "${name}-read"])

  table_name               = each.key
  operations               = ["DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"]
  consumed_units_threshold = var.consumed_units_threshold
  actions                  = var.alarm_actions
  tags                     = var.tags
}
