# Keeps the state in a file instead of in S3, which Stator does not have. Linked into an environment's
# folder, it takes the place of the backend there; Terraform reads files of this name last.

terraform {
  backend "local" {}
}
