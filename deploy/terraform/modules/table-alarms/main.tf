# Three alarms of a table: throttled requests, system errors, consumed capacity.
#
# Throttles and errors have a metric for each operation. Those of an operation that was never sent do not
# exist, and the sum leaves them out.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

locals {
  alarms = {
    throttled-requests = {
      description = "Requests to ${var.table_name} were throttled"
      threshold   = 0
      metrics     = [for operation in var.operations : { name = "ThrottledRequests", operation = operation }]
    }
    system-errors = {
      description = "Requests to ${var.table_name} ended in an error of the server"
      threshold   = 0
      metrics     = [for operation in var.operations : { name = "SystemErrors", operation = operation }]
    }
    consumed-capacity = {
      description = "${var.table_name} consumed more than ${var.consumed_units_threshold} units in ${var.period} seconds"
      threshold   = var.consumed_units_threshold
      metrics = [
        { name = "ConsumedReadCapacityUnits", operation = null },
        { name = "ConsumedWriteCapacityUnits", operation = null },
      ]
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "table" {
  for_each = local.alarms

  alarm_name          = "${var.table_name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = var.evaluation_periods
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.actions
  ok_actions          = var.actions
  tags                = var.tags

  metric_query {
    id          = "total"
    label       = each.key
    expression  = "SUM([${join(", ", [for number, _ in each.value.metrics : "m${number}"])}])"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = "m${metric_query.key}"

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = metric_query.value.name
        period      = var.period
        stat        = "Sum"

        dimensions = merge(
          { TableName = var.table_name },
          metric_query.value.operation == null ? {} : { Operation = metric_query.value.operation },
        )
      }
    }
  }
}
