# The one switch between Stator and AWS, linked into every root: `endpoint` says which.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

variable "endpoint" {
  description = "Where Stator answers, such as http://127.0.0.1:8000; null is AWS"
  type        = string
  default     = null

  validation {
    condition     = var.endpoint == null || can(regex("^https?://[^/]+$", var.endpoint))
    error_message = "The endpoint is an address without a path, such as http://127.0.0.1:8000."
  }
}

locals {
  on_aws = var.endpoint == null
}

provider "aws" {
  region = var.aws_region

  # Stator takes any keys, and what it fails at once it fails again. On AWS these are as they always are.
  access_key  = local.on_aws ? null : "local"
  secret_key  = local.on_aws ? null : "local"
  max_retries = local.on_aws ? null : 3

  dynamic "endpoints" {
    for_each = var.endpoint[*]

    content {
      appautoscaling = endpoints.value
      cloudwatch     = endpoints.value
      dynamodb       = endpoints.value
      iam            = endpoints.value
      kms            = endpoints.value
      sts            = endpoints.value
    }
  }
}

# Where AWS measures its bills.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  access_key  = local.on_aws ? null : "local"
  secret_key  = local.on_aws ? null : "local"
  max_retries = local.on_aws ? null : 3

  dynamic "endpoints" {
    for_each = var.endpoint[*]

    content {
      appautoscaling = endpoints.value
      cloudwatch     = endpoints.value
      dynamodb       = endpoints.value
      iam            = endpoints.value
      kms            = endpoints.value
      sts            = endpoints.value
    }
  }
}
