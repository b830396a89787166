"""What other programs ask of the notes, by the Model Context Protocol (MCP), and what they are answered."""
