# What only AWS has: policies that roles can be given, the bill, and a way to DynamoDB inside a network.

resource "aws_iam_policy" "service" {
  for_each = local.on_aws ? local.policies : {}

  name        = "dynamodb-${each.key}"
  description = "What the programs of ${each.key} may do to their tables"
  policy      = each.value
  tags        = var.tags
}

# The bills of all regions are measured in one.
resource "aws_cloudwatch_metric_alarm" "cost" {
  count    = local.on_aws && var.monthly_cost_limit != null ? 1 : 0
  provider = aws.us_east_1

  alarm_name          = "dynamodb-monthly-cost"
  alarm_description   = "DynamoDB costs more than ${coalesce(var.monthly_cost_limit, 0)} US dollars this month"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "EstimatedCharges"
  namespace           = "AWS/Billing"
  period              = 21600
  statistic           = "Maximum"
  threshold           = coalesce(var.monthly_cost_limit, 0)
  alarm_actions       = var.cost_alarm_actions
  tags                = var.tags

  dimensions = {
    Currency    = "USD"
    ServiceName = "AmazonDynamoDB"
  }
}

resource "aws_vpc_endpoint" "dynamodb" {
  count = local.on_aws && var.vpc_id != null ? 1 : 0

  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${var.aws_region}.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = var.route_table_ids
  policy            = data.aws_iam_policy_document.network.json
  tags              = merge(var.tags, { Name = "dynamodb" })
}

# From the network, only these tables are reached.
data "aws_iam_policy_document" "network" {
  dynamic "statement" {
    for_each = local.policies

    content {
      sid = statement.key

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      actions   = ["dynamodb:*"]
      resources = flatten([for part in jsondecode(statement.value).Statement : part.Resource])
    }
  }
}
