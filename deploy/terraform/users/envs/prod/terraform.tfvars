environment              = "prod"
aws_region               = "ap-southeast-1"
deletion_protection      = true
consumed_units_threshold = 100000
