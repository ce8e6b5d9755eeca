# The table of users of one environment, and its alarms. Each environment in envs/ uses this module.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

locals {
  provisioned = var.billing_mode == "PROVISIONED"

  tags = merge(var.tags, { Project = "koneksi", Environment = var.environment, ManagedBy = "Terraform" })
}

resource "aws_dynamodb_table" "users" {
  name                        = "koneksi-${var.environment}-users"
  billing_mode                = var.billing_mode
  read_capacity               = local.provisioned ? var.capacity.read : null
  write_capacity              = local.provisioned ? var.capacity.write : null
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = "id"

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  tags = local.tags
}

module "alarms" {
  source = "../modules/table-alarms"

  table_name               = aws_dynamodb_table.users.name
  operations               = ["DeleteItem", "GetItem", "PutItem", "Scan", "UpdateItem"]
  consumed_units_threshold = var.consumed_units_threshold
  actions                  = var.alarm_actions
  tags                     = local.tags
}
