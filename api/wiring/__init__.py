"""How the service is put together, one concern a file; `api.bootstrap` opens them in order."""
