"""What the pictures say in English: services by years."""

HEAT_MAP = "Services by year"
