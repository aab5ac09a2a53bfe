"""How the schema of the log came to be, step by step; each step keeps every event."""
