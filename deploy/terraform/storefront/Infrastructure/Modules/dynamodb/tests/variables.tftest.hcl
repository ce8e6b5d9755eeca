# What the variables mean, and which values are refused, without a server: `terraform test`.

mock_provider "aws" {}

variables {
  environment_name = "dev"
  tags             = { Project = "storefront" }
}

run "on_demand" {
  command = plan

  assert {
    condition = (
      aws_dynamodb_table.products.name == "dev-products" &&
      aws_dynamodb_table.products.billing_mode == "PAY_PER_REQUEST" &&
      aws_dynamodb_table.products.tags == tomap({
        Project = "storefront"
        Name    = "dev-products-table"
        Type    = "DynamoDB"
      })
    )
    error_message = "Without a choice, products are paid for by the request."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.products : alarm.dimensions.TableName == "dev-products"
    ]) && length(aws_cloudwatch_metric_alarm.products) == 3
    error_message = "Three alarms watch the products."
  }
}

run "provisioned" {
  command = plan

  variables {
    billing_mode   = "PROVISIONED"
    read_capacity  = 7
    write_capacity = 3
    table_class    = "STANDARD_INFREQUENT_ACCESS"
  }

  assert {
    condition = alltrue([
      for each in concat([aws_dynamodb_table.products], tolist(aws_dynamodb_table.products.global_secondary_index)) :
      each.read_capacity == 7 && each.write_capacity == 3
    ])
    error_message = "The index has the capacity of its table."
  }

  assert {
    condition     = aws_dynamodb_table.sessions.billing_mode == "PAY_PER_REQUEST"
    error_message = "Sessions are always paid for by the request."
  }
}

run "refused" {
  command = plan

  variables {
    environment_name = "de v"
    billing_mode     = "PREPAID"
    read_capacity    = 0
    write_capacity   = 1.5
    table_class      = "GLACIER"
  }

  expect_failures = [
    var.environment_name,
    var.billing_mode,
    var.read_capacity,
    var.write_capacity,
    var.table_class,
  ]
}
