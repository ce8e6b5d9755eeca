environment              = "uat"
aws_region               = "ap-southeast-1"
deletion_protection      = false
consumed_units_threshold = 10000
