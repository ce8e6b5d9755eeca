# Alarms with every field, and a table that is scaled, each as it is before and after a change.

variable "changed" {
  type = bool
}

variable "endpoint" {
  type = string
}

locals {
  dimensions = { TableName = aws_dynamodb_table.scaled.name }
  topics     = [for name in ["one", "two"] : "arn:aws:sns:us-east-1:000000000000:${name}"]
  pick       = var.changed ? 1 : 0
}

provider "aws" {
  region      = "us-east-1"
  access_key  = "local"
  secret_key  = "local"
  max_retries = 1

  endpoints {
    appautoscaling = var.endpoint
    cloudwatch     = var.endpoint
    dynamodb       = var.endpoint
    sts            = var.endpoint
  }
}

resource "aws_cloudwatch_metric_alarm" "whole" {
  alarm_name                = "watched-whole"
  alarm_description         = ["before", "after, \"<&>\" and é"][local.pick]
  actions_enabled           = [false, true][local.pick]
  alarm_actions             = [local.topics, [local.topics[0]]][local.pick]
  ok_actions                = [[], [local.topics[1]]][local.pick]
  insufficient_data_actions = [[local.topics[0]], []][local.pick]
  comparison_operator       = ["GreaterThanThreshold", "LessThanOrEqualToThreshold"][local.pick]
  evaluation_periods        = [3, 5][local.pick]
  datapoints_to_alarm       = [2, 4][local.pick]
  threshold                 = [0, 12.5][local.pick]
  namespace                 = "AWS/DynamoDB"
  metric_name               = ["WriteThrottleEvents", "ReadThrottleEvents"][local.pick]
  period                    = [60, 300][local.pick]
  statistic                 = ["Sum", "Average"][local.pick]
  unit                      = ["Count", null][local.pick]
  treat_missing_data        = ["notBreaching", "breaching"][local.pick]
  dimensions                = [local.dimensions, {}][local.pick]
  tags                      = [{ kept = "same", old = "x" }, { kept = "same", new = "y" }][local.pick]
}

resource "aws_cloudwatch_metric_alarm" "percentile" {
  alarm_name                            = "watched-percentile"
  comparison_operator                   = "GreaterThanOrEqualToThreshold"
  evaluation_periods                    = 1
  threshold                             = 50
  namespace                             = "AWS/DynamoDB"
  metric_name                           = "SuccessfulRequestLatency"
  period                                = 60
  extended_statistic                    = ["p99.9", "tm90"][local.pick]
  evaluate_low_sample_count_percentiles = ["ignore", "evaluate"][local.pick]
  dimensions                            = merge(local.dimensions, { Operation = "GetItem" })
}

resource "aws_cloudwatch_metric_alarm" "math" {
  alarm_name          = "watched-math"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  threshold           = 80

  metric_query {
    id          = "used"
    label       = "percent of what is provisioned"
    expression  = ["100 * consumed / PERIOD(consumed) / 5", "consumed / 3"][local.pick]
    return_data = true
  }

  metric_query {
    id = "consumed"

    metric {
      namespace   = "AWS/DynamoDB"
      metric_name = "ConsumedReadCapacityUnits"
      period      = [60, 120][local.pick]
      stat        = "Sum"
      unit        = "Count"
      dimensions  = local.dimensions
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "either" {
  alarm_name        = "watched-either"
  alarm_description = ["before", "after"][local.pick]
  actions_enabled   = [true, false][local.pick]
  alarm_actions     = [local.topics[local.pick]]
  ok_actions        = [local.topics[local.pick]]

  alarm_rule = join([" OR ", " AND "][local.pick], [
    "ALARM(\"${aws_cloudwatch_metric_alarm.whole.alarm_name}\")",
    "ALARM(\"${aws_cloudwatch_metric_alarm.math.alarm_name}\")",
  ])
}

resource "aws_dynamodb_table" "scaled" {
  name           = "watched-scaled"
  billing_mode   = "PROVISIONED"
  read_capacity  = 5
  write_capacity = 5
  hash_key       = "id"

  attribute {
    name = "id"
    type = "S"
  }

  global_secondary_index {
    name            = "by-id"
    hash_key        = "id"
    projection_type = "ALL"
    read_capacity   = 5
    write_capacity  = 5
  }

  # Auto scaling sets these.
  lifecycle {
    ignore_changes = [read_capacity, write_capacity]
  }
}

resource "aws_appautoscaling_target" "scaled" {
  for_each = {
    table = { resource = "table/${aws_dynamodb_table.scaled.name}", dimension = "dynamodb:table:ReadCapacityUnits" }
    index = { resource = "table/${aws_dynamodb_table.scaled.name}/index/by-id", dimension = "dynamodb:index:WriteCapacityUnits" }
  }

  service_namespace  = "dynamodb"
  resource_id        = each.value.resource
  scalable_dimension = each.value.dimension
  min_capacity       = [5, 3][local.pick]
  max_capacity       = [50, 80][local.pick]
  tags               = [{ kept = "same" }, { kept = "same", new = "y" }][local.pick]
}

resource "aws_appautoscaling_policy" "scaled" {
  for_each = aws_appautoscaling_target.scaled

  name               = "watched-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = each.value.service_namespace
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = [70, 50][local.pick]
    scale_in_cooldown  = [60, 0][local.pick]
    scale_out_cooldown = 30
    disable_scale_in   = [false, true][local.pick]

    predefined_metric_specification {
      predefined_metric_type = {
        table = "DynamoDBReadCapacityUtilization"
        index = "DynamoDBWriteCapacityUtilization"
      }[each.key]
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "scaled" {
  name               = "watched-morning"
  service_namespace  = aws_appautoscaling_target.scaled["table"].service_namespace
  resource_id        = aws_appautoscaling_target.scaled["table"].resource_id
  scalable_dimension = aws_appautoscaling_target.scaled["table"].scalable_dimension
  schedule           = ["cron(0 8 * * ? *)", "cron(30 7 * * ? *)"][local.pick]
  timezone           = "Europe/Madrid"

  scalable_target_action {
    min_capacity = [10, 20][local.pick]
    max_capacity = 50
  }
}
