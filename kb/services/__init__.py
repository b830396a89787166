"""The services that notes are about, named or inherited, and the domains that define services, words and changes."""

from kb.services.catalogue import Catalogue, CatalogueError, Service, similarly_named
from kb.services.changes import Change
from kb.services.domain import Domain, changed_names, changed_services, names_in
from kb.services.domain_files import ServiceTable, domain, domain_names, service_of
from kb.services.matcher import KeywordSet

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Change",
    "Domain",
    "KeywordSet",
    "Service",
    "ServiceTable",
    "changed_names",
    "changed_services",
    "domain",
    "domain_names",
    "names_in",
    "service_of",
    "similarly_named",
]
