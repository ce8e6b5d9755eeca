# Every block of a table, each as it is before and after a change. Two tables change what can be on or off, in
# opposite directions, so that one apply shows both.

variable "changed" {
  type = bool
}

variable "endpoint" {
  type = string
}

locals {
  before = !var.changed
  after  = var.changed
}

provider "aws" {
  region      = "us-east-1"
  access_key  = "local"
  secret_key  = "local"
  max_retries = 1

  endpoints {
    dynamodb = var.endpoint
    kms      = var.endpoint
    sts      = var.endpoint
  }
}

resource "aws_dynamodb_table" "switched" {
  for_each = { on = local.after, off = local.before }

  name             = "blocks-switched-${each.key}"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "id"
  table_class      = each.value ? "STANDARD_INFREQUENT_ACCESS" : "STANDARD"
  stream_enabled   = each.value
  stream_view_type = each.value ? "NEW_AND_OLD_IMAGES" : null
  tags             = each.value ? { kept = "same", changed = "after", added = "new" } : { kept = "same", changed = "before" }

  attribute {
    name = "id"
    type = "B"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = each.value
  }

  point_in_time_recovery {
    enabled = each.value
  }

  server_side_encryption {
    enabled = each.value
  }
}

# On AWS, this cannot change in one request with the stream.
resource "aws_dynamodb_table" "protected" {
  for_each = { on = local.after, off = local.before }

  name                        = "blocks-protected-${each.key}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = each.value

  attribute {
    name = "id"
    type = "S"
  }
}

# From one way of paying to the other.
resource "aws_dynamodb_table" "paid" {
  for_each = { provisioned = local.after, on-demand = local.before }

  name           = "blocks-paid-${each.key}"
  billing_mode   = each.value ? "PROVISIONED" : "PAY_PER_REQUEST"
  read_capacity  = each.value ? 7 : null
  write_capacity = each.value ? 3 : null
  hash_key       = "id"
  range_key      = "at"

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "at"
    type = "N"
  }

  attribute {
    name = "colour"
    type = "S"
  }

  global_secondary_index {
    name            = "by-colour"
    hash_key        = "colour"
    range_key       = "at"
    projection_type = "KEYS_ONLY"
    read_capacity   = each.value ? 2 : null
    write_capacity  = each.value ? 4 : null
  }

  local_secondary_index {
    name               = "by-colour-of-one"
    range_key          = "colour"
    projection_type    = "INCLUDE"
    non_key_attributes = ["size", "weight"]
  }
}

# More and less throughput, of the table and of an index that stays.
resource "aws_dynamodb_table" "throughput" {
  name           = "blocks-throughput"
  billing_mode   = "PROVISIONED"
  read_capacity  = var.changed ? 9 : 5
  write_capacity = var.changed ? 2 : 5
  hash_key       = "id"

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "colour"
    type = "S"
  }

  global_secondary_index {
    name            = "by-colour"
    hash_key        = "colour"
    projection_type = "ALL"
    read_capacity   = var.changed ? 8 : 2
    write_capacity  = var.changed ? 1 : 2
  }
}

# Maxima on demand, changed and set. The provider cannot take them away without asking for it again and again.
resource "aws_dynamodb_table" "maxima" {
  for_each = {
    changed = var.changed ? { read = 200, write = 20 } : { read = 100, write = 50 }
    set     = var.changed ? { read = 10, write = 10 } : null
  }

  name         = "blocks-maxima-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  dynamic "on_demand_throughput" {
    for_each = each.value[*]

    content {
      max_read_request_units  = on_demand_throughput.value.read
      max_write_request_units = on_demand_throughput.value.write
    }
  }
}

# One index stays, one goes, two come; with them the definitions of their attributes.
resource "aws_dynamodb_table" "indexed" {
  name         = "blocks-indexed"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  dynamic "attribute" {
    for_each = setunion(["id", "colour"], var.changed ? ["size", "weight"] : ["shape"])

    content {
      name = attribute.value
      type = attribute.value == "weight" ? "N" : "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = setunion(["colour"], var.changed ? ["size", "weight"] : ["shape"])

    content {
      name               = "by-${global_secondary_index.value}"
      hash_key           = global_secondary_index.value
      projection_type    = global_secondary_index.value == "size" ? "INCLUDE" : "ALL"
      non_key_attributes = global_secondary_index.value == "size" ? ["price"] : null
    }
  }
}

# Another view of the same stream.
resource "aws_dynamodb_table" "viewed" {
  name             = "blocks-viewed"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "id"
  stream_enabled   = true
  stream_view_type = var.changed ? "KEYS_ONLY" : "NEW_IMAGE"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table_item" "one" {
  table_name = aws_dynamodb_table.indexed.name
  hash_key   = "id"
  item       = jsonencode({ id = { S = "1" }, colour = { S = var.changed ? "red" : "blue" } })
}
