environment              = "staging"
aws_region               = "ap-southeast-1"
deletion_protection      = false
consumed_units_threshold = 5000
