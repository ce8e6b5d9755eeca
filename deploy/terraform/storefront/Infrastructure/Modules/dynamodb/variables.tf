variable "environment_name" {
  description = "Name of the environment, with which the names of tables and alarms begin"
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]+$", var.environment_name))
    error_message = "An environment's name has letters, digits, dots, dashes and underscores, as a table's has."
  }
}

variable "tags" {
  description = "Tags of all resources"
  type        = map(string)
  default     = {}
}

variable "billing_mode" {
  description = "How the products table is paid for"
  type        = string
  default     = "PAY_PER_REQUEST"

  validation {
    condition     = contains(["PAY_PER_REQUEST", "PROVISIONED"], var.billing_mode)
    error_message = "The billing mode is PAY_PER_REQUEST or PROVISIONED."
  }
}

variable "read_capacity" {
  description = "Read units of the products table and of its index, if they are PROVISIONED"
  type        = number
  default     = 5

  validation {
    condition     = var.read_capacity >= 1 && floor(var.read_capacity) == var.read_capacity
    error_message = "The read capacity is a whole number of units, at least 1."
  }
}

variable "write_capacity" {
  description = "Write units of the products table and of its index, if they are PROVISIONED"
  type        = number
  default     = 5

  validation {
    condition     = var.write_capacity >= 1 && floor(var.write_capacity) == var.write_capacity
    error_message = "The write capacity is a whole number of units, at least 1."
  }
}

variable "enable_point_in_time_recovery" {
  description = "Whether the tables can be restored to a past second"
  type        = bool
  default     = true
}

variable "enable_deletion_protection" {
  description = "Whether the tables refuse to be deleted"
  type        = bool
  default     = false
}

variable "table_class" {
  description = "Storage class of the products table"
  type        = string
  default     = "STANDARD"

  validation {
    condition     = contains(["STANDARD", "STANDARD_INFREQUENT_ACCESS"], var.table_class)
    error_message = "The table class is STANDARD or STANDARD_INFREQUENT_ACCESS."
  }
}

variable "consumed_reads_threshold" {
  description = "Read units of the products table in five minutes above which an alarm goes off"
  type        = number
  default     = 80
}

variable "alarm_actions" {
  description = "ARNs that are told when an alarm goes off, and when it is over"
  type        = list(string)
  default     = []
}
