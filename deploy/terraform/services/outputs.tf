output "table_arns" {
  description = "ARN of each table, by its name"
  value = merge(
    module.inventory.table_arns,
    { (module.enterprises.table_name) = module.enterprises.table_arn },
    { (module.orders.table_name) = module.orders.table_arn },
  )
}

output "policies" {
  description = "What the programs of each system may do, as JSON"
  value       = local.policies
}

output "alarm_names" {
  description = "Names of the alarms of each table"
  value = merge(
    module.inventory.alarm_names,
    { (module.enterprises.table_name) = module.enterprises.alarm_names },
    { (module.orders.table_name) = module.orders.alarm_names },
  )
}
