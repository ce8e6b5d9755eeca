# The orders: one table, with an index by which an order is found by its id alone.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_dynamodb_table" "orders" {
  name         = var.table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  tags         = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  attribute {
    name = "id"
    type = "S"
  }

  global_secondary_index {
    name            = "OrderIdIndex"
    hash_key        = "id"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }
}

data "aws_iam_policy_document" "service" {
  statement {
    sid = "OrdersService"
    actions = [
      "dynamodb:PutItem",
      "dynamodb:GetItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
      "dynamodb:Scan",
      "dynamodb:Query",
    ]
    resources = [aws_dynamodb_table.orders.arn, "${aws_dynamodb_table.orders.arn}/index/*"]
  }
}

module "alarms" {
  source = "../../modules/table-alarms"

  table_name               = aws_dynamodb_table.orders.name
  operations               = ["DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"]
  consumed_units_threshold = var.consumed_units_threshold
  actions                  = var.alarm_actions
  tags                     = var.tags
}
