"""The French page (e-SAV Test): server-rendered, with htmx and server-sent events on top."""
