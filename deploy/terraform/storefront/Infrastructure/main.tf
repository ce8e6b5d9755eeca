locals {
  common_tags = {
    Project     = var.project_name
    Environment = var.environment_name
    ManagedBy   = "Terraform"
  }
}

module "dynamodb" {
  source = "./Modules/dynamodb"

  environment_name           = var.environment_name
  billing_mode               = var.billing_mode
  enable_deletion_protection = var.enable_deletion_protection
  alarm_actions              = var.alarm_actions

  tags = local.common_tags
}
