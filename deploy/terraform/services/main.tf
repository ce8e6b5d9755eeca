# Tables, alarms and policies of the inventory, of enterprises and of orders. What only AWS has is in aws.tf.

module "inventory" {
  source = "./inventory"

  consumed_units_threshold = var.consumed_units_threshold
  alarm_actions            = var.alarm_actions
  tags                     = merge(var.tags, { Project = "inventory" })
}

module "enterprises" {
  source = "./enterprises"

  consumed_units_threshold = var.consumed_units_threshold
  alarm_actions            = var.alarm_actions
  tags                     = merge(var.tags, { Project = "enterprises" })
}

module "orders" {
  source = "./orders"

  consumed_units_threshold = var.consumed_units_threshold
  alarm_actions            = var.alarm_actions
  tags                     = merge(var.tags, { Project = "orders" })
}

locals {
  policies = {
    inventory   = module.inventory.policy
    enterprises = module.enterprises.policy
    orders      = module.orders.policy
  }
}
