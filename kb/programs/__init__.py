"""Answers for other programs, by the Model Context Protocol (MCP)."""
