"""Runs inside the sandbox, beside the code under test: pytest plugins that report by JSON lines on descriptor 3."""
