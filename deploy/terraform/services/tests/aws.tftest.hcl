# What only AWS has, planned without AWS: `terraform test` needs no keys and makes nothing.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{\"Statement\": [{\"Resource\": [\"arn:aws:dynamodb:us-east-1:123456789012:table/orders\"]}]}"
    }
  }
}

mock_provider "aws" {
  alias = "us_east_1"
}

variables {
  monthly_cost_limit = 50
  cost_alarm_actions = ["arn:aws:sns:us-east-1:123456789012:costs"]
  vpc_id             = "vpc-0123456789abcdef0"
  route_table_ids    = ["rtb-0123456789abcdef0"]
}

run "on_aws" {
  command = plan

  variables {
    aws_region = "eu-central-1"
  }

  assert {
    condition     = toset(keys(aws_iam_policy.service)) == toset(["inventory", "enterprises", "orders"])
    error_message = "Each system has a policy."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.cost[0].threshold == 50 &&
      aws_cloudwatch_metric_alarm.cost[0].namespace == "AWS/Billing" &&
      aws_cloudwatch_metric_alarm.cost[0].metric_name == "EstimatedCharges" &&
      aws_cloudwatch_metric_alarm.cost[0].alarm_actions == toset(var.cost_alarm_actions)
    )
    error_message = "The cost of DynamoDB is watched."
  }

  assert {
    condition = (
      aws_vpc_endpoint.dynamodb[0].vpc_id == var.vpc_id &&
      aws_vpc_endpoint.dynamodb[0].vpc_endpoint_type == "Gateway" &&
      aws_vpc_endpoint.dynamodb[0].service_name == "com.amazonaws.eu-central-1.dynamodb"
    )
    error_message = "The network has a way to DynamoDB of its own region."
  }
}

run "without_a_network" {
  command = plan

  variables {
    monthly_cost_limit = null
    vpc_id             = null
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.cost) == 0 && length(aws_vpc_endpoint.dynamodb) == 0
    error_message = "What is not asked for is not made."
  }
}

run "on_stator" {
  command = plan

  variables {
    endpoint = "http://127.0.0.1:8000"
  }

  assert {
    condition = (
      length(aws_iam_policy.service) == 0 &&
      length(aws_cloudwatch_metric_alarm.cost) == 0 &&
      length(aws_vpc_endpoint.dynamodb) == 0
    )
    error_message = "Stator has neither policies, nor a bill, nor networks."
  }
}
