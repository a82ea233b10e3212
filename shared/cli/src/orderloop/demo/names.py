"""Names of the demonstration's company, its goods and its customers. All of them are made up; none is a person's."""

from __future__ import annotations

import random
from dataclasses import dataclass
from uuid import uuid4

COMPANY = "Moonbeam & Fern, lamps for odd places"
WAREHOUSES = (("FERN", "Fernhold", 1), ("LOFT", "Harbour Loft", 2))

# name, sku, price, cost
IN_STOCK = (
    ("Moonbeam desk lamp", "MOON-DESK", "89.00", "38.00"),
    ("Firefly string, forty lights", "FIREFLY-40", "24.50", "9.20"),
    ("Foghorn ship's lantern", "FOGHORN", "149.00", "71.00"),
    ("Owl-eye reading lamp", "OWL-EYE", "64.00", "27.50"),
    ("Candlelight bulb, pair", "CANDLE-2", "12.80", "4.10"),
    ("Copper wall sconce", "SCONCE-CU", "97.00", "45.00"),
    ("Paper lantern, crane", "CRANE", "18.90", "5.70"),
    ("Lighthouse night light", "LIGHTHOUSE", "42.00", "17.00"),
    ("Whispering chandelier", "WHISPER", "890.00", "430.00"),
)
# with the supplier that everything short is bought from
SHORT = (
    ("Thundercloud pendant", "THUNDER", "219.00", "104.00", "Glim & Glow Foundry"),
    ("Amber glass globe", "AMBER", "58.00", "24.00", "Cullet & Cullet Glassworks"),
    ("Lantern of the four winds", "FOUR-WINDS", "132.00", "61.00", "Glim & Glow Foundry"),
    ("Peacock mosaic lamp", "PEACOCK", "174.00", "83.00", "Cullet & Cullet Glassworks"),
)
FLAWED = (
    ("Comet-tail floor lamp", "COMET", "129.00", "58.00"),
    ("Jellyfish table lamp", "JELLYFISH", "76.00", "31.00"),
    ("Gramophone lamp", "GRAMOPHONE", "188.00", "90.00"),
)
SERVICE = ("An evening with a lamplighter", "LAMPLIGHTER", "75.00", "40.00")

_HOUSES = (
    "Hotel Seven Owls", "The Patient Snail Bakery", "Observatory on the Hill", "Copper Kettle Café",
    "Velvet Otter Theatre",
    "Museum of Small Wonders", "Night Train Dining Cars", "Riverboat Clementine", "Third Moon Brewery",
    "Lighthouse No. 9",
    "Botanical Garden of Lower Fogwick", "The Whistling Teapot", "Library of Lost Umbrellas", "Snowdrop Ski Lodge",
    "Clockwork Carousel Company", "The Sleepy Heron Inn", "Harbour Master's Office", "Blue Pineapple Ballroom",
    "School of Cloud Watching", "Marmalade Cinema", "Ferry to Nowhere in Particular", "The Quiet Trombone",
    "Winter Circus Abracadabra", "Greenhouse of the Last Lemon", "Three Hedgehogs Publishing", "Tramway Line Zero",
)  # fmt: skip
_TOWNS = (
    "Fogwick", "Upper Pebble", "Saltmarsh", "Hazel Quay", "Dandelion Bay", "Thimbleford", "Old Ferry", "Mosswater",
    "Larkhaven", "Nine Wells", "Bramblecross", "Puddlebridge",
)  # fmt: skip
_WISHES = (
    "Light for the reading room", "Lamps for the winter garden", "Night lights for the long corridor",
    "Something that glows in the fog", "Lanterns for the jetty", "A softer stage", "Forty tables, forty lamps",
    "The stairs are too dark", "Lights for the midsummer ball", "A lamp for every berth", "The attic wants to be seen",
    "Brighter breakfasts", "A chandelier that does not creak", "Lights along the orchard wall", "The moon, but indoors",
    "A window that says welcome", "Light enough for chess", "Glow for the aquarium", "Lamps against November",
    "The projection room, relit",
)  # fmt: skip


@dataclass
class Names:
    """What this run calls things. `season` is in every sku and reference, so that a later run finds nothing taken."""

    dice: random.Random
    season: str

    @staticmethod
    def new(seed: int | None = None) -> Names:
        dice = random.Random(uuid4().int if seed is None else seed)
        return Names(dice, f"{dice.getrandbits(30):06X}"[-6:])

    def sku(self, code: str) -> str:
        return f"{code}-{self.season}"

    def customers(self, number: int) -> list[str]:
        """So many different houses, each in some town."""
        return [f"{house}, {self.dice.choice(_TOWNS)}" for house in self.dice.sample(_HOUSES, number)]

    def wish(self) -> str:
        return self.dice.choice(_WISHES)
