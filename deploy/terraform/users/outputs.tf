output "table_name" {
  description = "Name of the table"
  value       = aws_dynamodb_table.users.name
}

output "table_arn" {
  description = "ARN of the table"
  value       = aws_dynamodb_table.users.arn
}

output "table_id" {
  description = "ID of the table, which is its name"
  value       = aws_dynamodb_table.users.id
}

output "alarm_names" {
  description = "Name of each alarm, by what it watches"
  value       = module.alarms.names
}
