"""What a library's kb.toml says of what notes can be about: a domain, and categories, services and words of its own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from kb.library.tables import ConfigurationError, check_keys, check_names, check_searchable, named_tables, quoted, shown

if TYPE_CHECKING:
    from kb.services import Domain, Service, ServiceTable

NO_DOMAIN = "none"
_SERVICE_KEYS = {
    **dict.fromkeys(("name", "category", "short_name"), str),
    **dict.fromkeys(("aliases", "features", "common", "ambiguous", "context", "against"), list),
}


def own_domain(table: Mapping[str, Any]) -> "Domain | None":
    """Return the domain of a library that names one, or has categories, services or words of its own."""
    if not table.keys() & {"domain", "categories", "services", "words"}:
        return None
    from kb.services import CatalogueError, Domain, domain, domain_names

    name, known = table.get("domain"), (*domain_names(), NO_DOMAIN)
    if name is not None and name not in known:
        raise ConfigurationError(f"domain cannot be {quoted(name)}; write one of {', '.join(known)}")
    base = Domain() if name == NO_DOMAIN else domain(name) if name else domain()
    services = tuple(
        _service(slug, values, base.catalogue.owners) for slug, values in named_tables(table, "services").items()
    )
    categories, words = _categories(table.get("categories", {})), _words(table.get("words", {}))
    if not (services or categories or words):
        return base
    try:
        return base.extended(services, categories, words)
    except CatalogueError as error:
        raise ConfigurationError(f"[services.{shown(error.slug)}] {error.message}") from error


def _categories(labels: object) -> Mapping[str, str]:
    if not isinstance(labels, dict):
        raise ConfigurationError('"categories" must be a table: [categories], with lines like house = "社内"')
    check_keys("[categories]", labels, dict.fromkeys(labels, str))
    for slug, label in labels.items():
        check_names("[categories]", [slug])
        check_searchable(f"[categories] {shown(slug)}", [slug, label])
    return labels


def _words(groups: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(groups, dict):
        raise ConfigurationError(
            '"words" must be a table: [words], with lines like "冪等" = ["べきとう", "idempotent"]'
        )
    for word, others in groups.items():
        where = f'[words] "{shown(word)}"'
        if not isinstance(others, list):
            raise ConfigurationError(f'{where} cannot be {quoted(others)}; write a list of its other spellings: ["…"]')
        check_names(where, [word, *others])
        check_searchable(where, [word, *others])
    return {word: tuple(others) for word, others in groups.items()}


def _service(slug: str, values: Mapping[str, Any], owners: tuple[str, ...]) -> "Service":
    from kb.services import service_of

    where = f"[services.{shown(slug)}]"
    check_names(where, [slug])
    check_keys(where, values, _SERVICE_KEYS)
    if missing := {"name", "category"} - values.keys():
        raise ConfigurationError(f"{where} has no {max(missing)}")
    check_searchable(where, [slug])
    for key, value in values.items():
        check_searchable(f"{where} {key}", value if isinstance(value, list) else [value])
    return service_of(slug, values["category"], cast("ServiceTable", values), owners)  # its keys and types are checked
