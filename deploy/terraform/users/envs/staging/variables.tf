variable "aws_region" {
  description = "Region of the table and its alarms"
  type        = string
}

variable "environment" {
  description = "Environment that the table belongs to"
  type        = string
}

variable "deletion_protection" {
  description = "Whether the table refuses to be deleted"
  type        = bool
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
