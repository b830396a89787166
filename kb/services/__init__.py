"""What notes are about: the services of a field, named in a note's own text or inherited from what it stands under."""

from kb.services.catalogue import Catalogue, CatalogueError, Service, called_nearly
from kb.services.changes import Change
from kb.services.domain import Domain, changed_names, changed_services, names_in
from kb.services.domain_files import ServiceTable, domain, domain_names, service_of

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Change",
    "Domain",
    "Service",
    "ServiceTable",
    "called_nearly",
    "changed_names",
    "changed_services",
    "domain",
    "domain_names",
    "names_in",
    "service_of",
]
