"""Who is asking, as STS and IAM tell it. There are no users yet: every access key is the account's root."""
