"""What notes are about: the services of a field, named in a note's own text or inherited from what it stands under."""

from kb.services.catalogue import Catalogue, CatalogueError, Service
from kb.services.changes import Change
from kb.services.domain import Domain
from kb.services.domain_files import ServiceTable, domain, domain_names, service_of

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Change",
    "Domain",
    "Service",
    "ServiceTable",
    "domain",
    "domain_names",
    "service_of",
]
