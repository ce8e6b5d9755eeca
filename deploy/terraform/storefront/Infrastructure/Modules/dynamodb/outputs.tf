output "products_table_name" {
  description = "Name of the products table"
  value       = aws_dynamodb_table.products.name
}

output "products_table_arn" {
  description = "ARN of the products table"
  value       = aws_dynamodb_table.products.arn
}

output "products_table_id" {
  description = "ID of the products table, which is its name"
  value       = aws_dynamodb_table.products.id
}

output "products_table_stream_arn" {
  description = "ARN of the products table's stream; empty, since it has none"
  value       = aws_dynamodb_table.products.stream_arn
}

output "products_gsi_names" {
  description = "Names of the products table's indexes"
  value       = [for index in aws_dynamodb_table.products.global_secondary_index : index.name]
}

output "sessions_table_name" {
  description = "Name of the sessions table"
  value       = aws_dynamodb_table.sessions.name
}

output "sessions_table_arn" {
  description = "ARN of the sessions table"
  value       = aws_dynamodb_table.sessions.arn
}

output "table_name" {
  description = "Name of the primary table, that of products"
  value       = aws_dynamodb_table.products.name
}

output "table_arn" {
  description = "ARN of the primary table"
  value       = aws_dynamodb_table.products.arn
}

output "table_names" {
  description = "Name of each table"
  value       = { products = aws_dynamodb_table.products.name, sessions = aws_dynamodb_table.sessions.name }
}

output "table_arns" {
  description = "ARN of each table"
  value       = { products = aws_dynamodb_table.products.arn, sessions = aws_dynamodb_table.sessions.arn }
}

output "alarm_names" {
  description = "Name of each alarm, by what it watches"
  value       = { for kind, alarm in aws_cloudwatch_metric_alarm.products : kind => alarm.alarm_name }
}
