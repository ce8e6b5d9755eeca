variable "aws_region" {
  description = "Region of the tables and alarms"
  type        = string
  default     = "us-east-1"
}

variable "environment_name" {
  description = "Name of the environment, with which the names of its tables begin"
  type        = string
  default     = "dev"
}

variable "project_name" {
  description = "Project to which everything is tagged"
  type        = string
  default     = "storefront"
}

variable "billing_mode" {
  description = "How the products table is paid for: PAY_PER_REQUEST or PROVISIONED"
  type        = string
  default     = "PAY_PER_REQUEST"
}

variable "enable_deletion_protection" {
  description = "Whether the tables refuse to be deleted"
  type        = bool
  default     = false
}

variable "alarm_actions" {
  description = "ARNs that are told when an alarm goes off, and when it is over"
  type        = list(string)
  default     = []
}
