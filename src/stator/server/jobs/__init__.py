"""Background jobs: each is safe to stop at any point, and to run twice."""
