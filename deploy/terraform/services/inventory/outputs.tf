output "table_arns" {
  description = "ARN of each table, by its name"
  value       = { for table in local.tables : table.name => table.arn }
}

output "stream_arns" {
  description = "ARN of the stream of each table of events, by the table's name"
  value       = { for table in aws_dynamodb_table.events : table.name => table.stream_arn }
}

output "policy" {
  description = "What the services may do, as JSON"
  value       = data.aws_iam_policy_document.services.json
}

output "alarm_names" {
  description = "Names of the alarms of each table"
  value       = { for table, alarms in module.alarms : table => alarms.names }
}
