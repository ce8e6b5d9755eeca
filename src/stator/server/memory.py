"""The collector of cyclic garbage, kept from looking at what is none."""

import gc
from typing import Final

# Objects made between two looks at the youngest. A batch of items makes some thousands, all of which go by
# themselves when it is answered: to look at them meanwhile is a tenth of its cost. Cycles are rare here.
_YOUNG_OBJECTS: Final = 10_000


def settle_down() -> None:
    """Take what a start-up has made for as long-lived as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
