"""The map of services: the more notes, the more a place stands out from its ground, in the light and in the dark."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
# Draws colours on a canvas, for a style may tell them in any notation.
COLOURS = """places => {
  const drawn = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = (...colours) => {
    for (const colour of colours) { drawn.fillStyle = colour; drawn.fillRect(0, 0, 1, 1); }
    return [...drawn.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const own = (element) => getComputedStyle(element).backgroundColor;
  return places.map((place) => {
    const card = own(place.closest(".card"));
    return [+place.className.at(-1), rgb(card), rgb(card, own(place)), rgb(getComputedStyle(place).color)];
  });
}"""


def contrast(one: list[int], other: list[int]) -> float:
    """Return the contrast of two colours (WCAG 2.2, relative luminance)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: list[int]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_more_notes_the_more_a_place_stands_out_and_all_can_be_read(open_page: Open, scheme: str) -> None:
    page = open_page("/", color_scheme=scheme)
    drawn = {shade: colours for shade, *colours in page.locator(".map .place").evaluate_all(COLOURS)}
    standing_out = [contrast(card, ground) for card, ground, _ in map(drawn.get, sorted(drawn))]

    assert sorted(drawn) == [1, 2, 3, 4]
    assert all(more > 1.1 * less for less, more in pairwise(standing_out))
    assert min(contrast(ground, ink) for _, ground, ink in drawn.values()) >= 4.5
