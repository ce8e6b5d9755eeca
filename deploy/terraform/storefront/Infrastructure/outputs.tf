output "table_names" {
  description = "Name of each table"
  value       = module.dynamodb.table_names
}

output "table_arns" {
  description = "ARN of each table"
  value       = module.dynamodb.table_arns
}
