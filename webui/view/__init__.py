"""The parts of pages: results, reports, filters, lists, charts, and the environment of the templates."""
