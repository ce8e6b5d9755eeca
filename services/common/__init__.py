"""The foundation of the services: settings, client, items, errors, logs, health and traces. See README.md."""
