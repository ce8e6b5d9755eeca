variable "environment" {
  description = "Environment that the table belongs to"
  type        = string

  validation {
    condition     = contains(["staging", "uat", "prod"], var.environment)
    error_message = "The environment is staging, uat or prod."
  }
}

variable "billing_mode" {
  description = "How the table is paid for"
  type        = string
  default     = "PAY_PER_REQUEST"

  validation {
    condition     = contains(["PAY_PER_REQUEST", "PROVISIONED"], var.billing_mode)
    error_message = "The billing mode is PAY_PER_REQUEST or PROVISIONED."
  }
}

variable "capacity" {
  description = "Read and write units of the table, if it is PROVISIONED"
  type        = object({ read = number, write = number })
  default     = { read = 5, write = 5 }
}

variable "point_in_time_recovery" {
  description = "Whether the table can be restored to a past second"
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the table; null is the key that AWS keeps for DynamoDB"
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the table refuses to be deleted"
  type        = bool

  validation {
    condition     = var.deletion_protection || var.environment != "prod"
    error_message = "Production's table is protected from deletion."
  }
}

variable "consumed_units_threshold" {
  description = "Read and write units in five minutes above which an alarm goes off"
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
  default     = {}
}
