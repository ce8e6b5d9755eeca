output "names" {
  description = "Name of each alarm, by what it watches"
  value       = { for kind, alarm in aws_cloudwatch_metric_alarm.table : kind => alarm.alarm_name }
}

output "arns" {
  description = "ARN of each alarm, by what it watches"
  value       = { for kind, alarm in aws_cloudwatch_metric_alarm.table : kind => alarm.arn }
}
