"""The declared metrics, one file an entity."""
