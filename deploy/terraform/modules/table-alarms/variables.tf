variable "table_name" {
  description = "Table to watch"
  type        = string
}

variable "operations" {
  description = "Operations that are sent to the table; throttles and errors are counted for each"
  type        = set(string)

  validation {
    condition     = length(var.operations) > 0 && length(var.operations) < 10
    error_message = "An alarm watches one to nine operations: CloudWatch allows ten metrics, one of them their sum."
  }
}

variable "period" {
  description = "Seconds that are added up"
  type        = number
  default     = 300

  validation {
    condition     = var.period >= 60 && var.period % 60 == 0
    error_message = "The period is a multiple of 60 seconds."
  }
}

variable "evaluation_periods" {
  description = "Periods in a row that must be above a threshold"
  type        = number
  default     = 2
}

variable "consumed_units_threshold" {
  description = "Read and write units together that the table should not consume in a period"
  type        = number
}

variable "actions" {
  description = "ARNs that are told when an alarm goes off, and when it is over"
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of the alarms"
  type        = map(string)
  default     = {}
}
