"""What a CloudFormation template says: its parameters, its functions, its sections. Knows no endpoint."""
