"""What notes can be about: a folder of data for each field. No code stands here."""
