# The storefront's tables: products by number, with an index by category and age, and sessions that expire.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

locals {
  provisioned    = var.billing_mode == "PROVISIONED"
  read_capacity  = local.provisioned ? var.read_capacity : null
  write_capacity = local.provisioned ? var.write_capacity : null

  # The metrics are called so by AWS. The names ReadThrottledEvents and WriteThrottledEvents, which one also
  # meets, are of no metric there, and an alarm on them never goes off.
  alarms = {
    read-throttle = {
      description = "Reads of the products table, or of its index, were throttled"
      metric      = "ReadThrottleEvents"
      threshold   = 0
    }
    write-throttle = {
      description = "Writes to the products table, or to its index, were throttled"
      metric      = "WriteThrottleEvents"
      threshold   = 0
    }
    consumed-reads = {
      description = "The products table is read more than expected"
      metric      = "ConsumedReadCapacityUnits"
      threshold   = var.consumed_reads_threshold
    }
  }
}

resource "aws_dynamodb_table" "products" {
  name                        = "${var.environment_name}-products"
  billing_mode                = var.billing_mode
  read_capacity               = local.read_capacity
  write_capacity              = local.write_capacity
  table_class                 = var.table_class
  deletion_protection_enabled = var.enable_deletion_protection
  hash_key                    = "id"

  attribute {
    name = "id"
    type = "N"
  }

  attribute {
    name = "category"
    type = "S"
  }

  attribute {
    name = "created_at"
    type = "S"
  }

  global_secondary_index {
    name            = "CategoryIndex"
    hash_key        = "category"
    range_key       = "created_at"
    projection_type = "ALL"
    read_capacity   = local.read_capacity
    write_capacity  = local.write_capacity
  }

  # Products stay until they are deleted.
  ttl {
    attribute_name = "ttl"
    enabled        = false
  }

  point_in_time_recovery {
    enabled = var.enable_point_in_time_recovery
  }

  server_side_encryption {
    enabled = true
  }

  tags = merge(var.tags, { Name = "${var.environment_name}-products-table", Type = "DynamoDB" })
}

resource "aws_dynamodb_table" "sessions" {
  name                        = "${var.environment_name}-sessions"
  billing_mode                = "PAY_PER_REQUEST"
  table_class                 = "STANDARD"
  deletion_protection_enabled = var.enable_deletion_protection
  hash_key                    = "session_id"

  attribute {
    name = "session_id"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.enable_point_in_time_recovery
  }

  server_side_encryption {
    enabled = true
  }

  tags = merge(var.tags, { Name = "${var.environment_name}-sessions-table", Type = "DynamoDB" })
}

resource "aws_cloudwatch_metric_alarm" "products" {
  for_each = local.alarms

  alarm_name          = "${var.environment_name}-dynamodb-products-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = each.value.metric
  namespace           = "AWS/DynamoDB"
  period              = 300
  statistic           = "Sum"
  threshold           = each.value.threshold
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags

  dimensions = {
    TableName = aws_dynamodb_table.products.name
  }
}
