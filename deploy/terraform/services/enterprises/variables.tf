variable "table_name" {
  description = "Name of the table"
  type        = string
  default     = "EnterpriseConfig"
}

variable "consumed_units_threshold" {
  description = "Read and write units in five minutes above which an alarm goes off"
  type        = number
}

variable "alarm_actions" {
  description = "ARNs that are told when an alarm goes off, and when it is over"
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of all resources"
  type        = map(string)
  default     = {}
}
