"""The custom actions, one module a topic."""
