variable "aws_region" {
  description = "Region of the tables and alarms"
  type        = string
  default     = "us-east-1"
}

variable "consumed_units_threshold" {
  description = "Read and write units of a table in five minutes above which an alarm goes off"
  type        = number
  default     = 10000
}

variable "alarm_actions" {
  description = "ARNs that are told when an alarm goes off, and when it is over"
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of all resources"
  type        = map(string)
  default     = { ManagedBy = "Terraform" }
}

variable "monthly_cost_limit" {
  description = "US dollars of a month's bill for DynamoDB above which an alarm goes off, on AWS; null is no alarm"
  type        = number
  default     = null
}

variable "cost_alarm_actions" {
  description = "ARNs in us-east-1 that are told of the cost, on AWS"
  type        = list(string)
  default     = []
}

variable "vpc_id" {
  description = "Network from which the tables are reached without the internet, on AWS; null is none"
  type        = string
  default     = null
}

variable "route_table_ids" {
  description = "Route tables of that network which lead to DynamoDB"
  type        = list(string)
  default     = []
}
