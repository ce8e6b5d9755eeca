module "users" {
  source = "../.."

  environment              = var.environment
  deletion_protection      = var.deletion_protection
  consumed_units_threshold = var.consumed_units_threshold
  alarm_actions            = var.alarm_actions
}

output "table_name" {
  description = "Name of the table"
  value       = module.users.table_name
}

output "table_arn" {
  description = "ARN of the table"
  value       = module.users.table_arn
}

output "alarm_names" {
  description = "Name of each alarm, by what it watches"
  value       = module.users.alarm_names
}
