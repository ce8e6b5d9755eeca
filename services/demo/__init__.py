"""All services on one Stator, with tables and sample data, to be tried out."""
