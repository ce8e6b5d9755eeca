output "table_name" {
  description = "Name of the table"
  value       = aws_dynamodb_table.orders.name
}

output "table_arn" {
  description = "ARN of the table"
  value       = aws_dynamodb_table.orders.arn
}

output "policy" {
  description = "What the service may do, as JSON"
  value       = data.aws_iam_policy_document.service.json
}

output "alarm_names" {
  description = "Name of each alarm, by what it watches"
  value       = module.alarms.names
}
