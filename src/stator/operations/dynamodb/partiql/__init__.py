"""PartiQL: statements compiled onto the plans of the native operations."""
