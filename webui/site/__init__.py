"""The page without a server: its pages as files, which any web server shows."""
