"""A storefront: products by category, sessions that expire, carts and checkout, in two tables of DynamoDB."""
