variable "services" {
  description = "Names of the services; each has a table of events and one of views"
  type        = set(string)
  default     = ["movimiento-inventario", "orden-compra", "proveedor", "ingreso-inventario"]
}

variable "consumed_units_threshold" {
  description = "Read and write units of a table in five minutes above which an alarm goes off"
  type        = number
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
