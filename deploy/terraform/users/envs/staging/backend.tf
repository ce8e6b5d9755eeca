# The state on AWS. The bucket is named when the folder is initialised, since it is not the same for everybody:
#   terraform init -backend-config=bucket=NAME
# On Stator, link local_state_override.tf here: the state is then a file in this folder.

terraform {
  backend "s3" {
    key          = "koneksi/staging/users.tfstate"
    region       = "ap-southeast-1"
    encrypt      = true
    use_lockfile = true
  }
}
