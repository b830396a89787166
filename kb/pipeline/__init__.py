"""Makes a finished report from the bytes of a file, then relates it to the other reports of the library."""
