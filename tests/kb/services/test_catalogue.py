"""The catalogue: its names, categories and dates, and the services that a library adds."""

import re
from collections import Counter
from pathlib import Path

import pytest
from tagged import CATALOGUE, DOMAIN, read

from index.text import skeleton
from kb.services import CatalogueError, Service
from kb.services.tagger import tag
from kb.translation import _, in_language
from kb.wording import category, history

DATE = re.compile(r"20\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
DATA = Path(__file__).parents[3] / "kb/domains/aws/services"


def test_the_catalogue_has_three_hundred_services() -> None:
    assert len(CATALOGUE.services) >= 300


def test_no_name_has_two_services() -> None:
    owners = Counter(name for service in CATALOGUE.services for name in {skeleton(name) for name in service.names})

    assert [name for name, services in owners.items() if services > 1] == []


def test_every_slug_is_found_as_its_own_service() -> None:
    assert [s.slug for s in CATALOGUE.services if CATALOGUE.find(s.slug) != s] == []


def test_every_category_has_its_file_and_every_file_its_category() -> None:
    files = {path.stem for path in DATA.glob("*.toml")} - {"categories"}

    assert files == set(CATALOGUE.categories) == {service.category for service in CATALOGUE.services}


def test_every_reference_is_to_a_service_of_the_catalogue() -> None:
    referred = {slug for s in CATALOGUE.services for slug in (s.superseded_by, s.split_from) if slug}

    assert referred <= CATALOGUE.by_slug.keys()


def test_the_former_names_of_a_service_are_in_order_and_before_its_end() -> None:
    for service in CATALOGUE.services:
        ends = [stage.on for stage in service.stages if stage.what == "closed"]
        dates = [past.until for past in service.former] + (ends or ["9999"])

        assert dates == sorted(dates), service.slug


def test_every_date_is_of_a_known_precision() -> None:
    dates = [past.until for s in CATALOGUE.services for past in s.former]
    dates += [stage.on for s in CATALOGUE.services for stage in s.stages]

    assert [date for date in dates if not DATE.fullmatch(date)] == []


def test_every_name_with_other_meanings_is_a_name_of_its_service() -> None:
    for service in CATALOGUE.services:
        sense = service.sense
        folded = {skeleton(name) for name in service.names}

        assert {skeleton(n) for n in sense.common | sense.ambiguous | sense.shared} <= folded, service.slug


@pytest.mark.parametrize("name", ["sqs", "Amazon SQS", "AWS SQS", "ＳＱＳ", "simple queue service", "エスキューエス"])
def test_a_service_is_found_by_any_spelling_of_its_names(name: str) -> None:
    service = CATALOGUE.find(name)

    assert service is not None
    assert service.slug == "sqs"


def test_an_unknown_name_finds_nothing() -> None:
    assert CATALOGUE.find("no such service") is None


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("eventbridge", "旧称 Amazon CloudWatch Events（2019-07-11まで）、2016-01に発表"),
        ("mobile-hub", "2015-10に発表、2021-10-31に終了、後継 AWS Amplify"),
        ("end-user-messaging", "Amazon Pinpointから独立"),
        ("bottlerocket", "2020-03に発表"),
    ],
)
def test_the_history_of_a_service_is_shown(slug: str, expected: str) -> None:
    assert in_language("ja", history, CATALOGUE.by_slug[slug], CATALOGUE.name) == expected


OWN = Service("ledger", "Ledger of the House", "Ledger", "database", ("帳簿サービス",))


def test_a_library_can_add_a_service() -> None:
    notes = tag(read("- 帳簿サービスに書く"), DOMAIN.extended([OWN])).notes

    assert [mention.service for mention in notes[0].services] == ["ledger"]


def test_adding_a_service_does_not_change_the_catalogue() -> None:
    CATALOGUE.extended([OWN])

    assert CATALOGUE.find("帳簿サービス") is None


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (Service("queue", "Queue", "SQS", "compute"), "queue: the name 'SQS' belongs to sqs; leave it out"),
        (Service("queue", "House Queue", "Queue", "rooms"), "queue: unknown category 'rooms'; known are compute, "),
    ],
)
def test_an_invalid_service_is_reported(service: Service, expected: str) -> None:
    with pytest.raises(CatalogueError, match=re.escape(expected)):
        CATALOGUE.extended([service])


def test_every_category_has_a_name_to_translate() -> None:
    names = {slug: category(slug, label) for slug, label in CATALOGUE.categories.items()}

    assert [slug for slug, name in names.items() if in_language("ja", _, name) != CATALOGUE.categories[slug]] == []
