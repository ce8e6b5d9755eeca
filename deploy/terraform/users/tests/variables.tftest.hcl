# Which values are refused, without a server: `terraform test`.

mock_provider "aws" {}

variables {
  environment         = "staging"
  deletion_protection = false
}

run "staging" {
  command = plan

  variables {
    billing_mode = "PROVISIONED"
    capacity     = { read = 2, write = 1 }
  }

  assert {
    condition = (
      aws_dynamodb_table.users.name == "koneksi-staging-users" &&
      aws_dynamodb_table.users.read_capacity == 2 &&
      aws_dynamodb_table.users.write_capacity == 1
    )
    error_message = "The table is called after its environment."
  }

  assert {
    condition     = length(output.alarm_names) == 3
    error_message = "Three alarms watch the table."
  }
}

run "unknown_environment" {
  command = plan

  variables {
    environment  = "test"
    billing_mode = "PREPAID"
  }

  expect_failures = [var.environment, var.billing_mode]
}

run "production_unprotected" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.deletion_protection]
}
