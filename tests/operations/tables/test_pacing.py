"""How often something may be changed. AWS's limits on that are kept with a lifecycle delay."""

from harness.steps import VALIDATION
from operations.tables.requests import LIMIT
from operations.tables.slowly import (
    CLASS,
    DELAY,
    ENCRYPTED,
    NOT_ENCRYPTED,
    capacity,
    described,
    new_table,
    update,
)


def test_decreases_of_capacity(slow_api, slow):
    name = new_table(slow_api, slow, DeletionProtectionEnabled=False)
    update(slow_api, name, capacity(100))
    slow.clock.advance(DELAY + 86_400 - slow.clock.now() % 86_400)  # the next day has just begun
    for read in (90, 80, 70, 60):
        update(slow_api, name, capacity(read))
        slow.clock.advance(60)
    assert described(slow_api, name)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    error, text = slow_api.refusal("UpdateTable", {"TableName": name, **capacity(50)})
    assert error == LIMIT
    assert text.startswith(DECREASES)
    assert "Number of decreases today: 4. Last decrease at " in text
    assert ":03:0" in text  # the last one, three minutes after midnight
    slow.clock.advance(3_600)
    update(slow_api, name, capacity(50))
    slow.clock.advance(86_400)
    throughput = described(slow_api, name)["ProvisionedThroughput"]
    assert throughput["NumberOfDecreasesToday"] == 0
    assert throughput["LastDecreaseDateTime"] > throughput["LastIncreaseDateTime"]
    update(slow_api, name, capacity(40))


DECREASES = (
    "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
    "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed "
    "at most once every 3600 seconds. "
)
CLASSES = "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s)."
ENCRYPTIONS = "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at "


def test_changes_of_the_table_class(slow_api, slow):
    name = new_table(slow_api, slow)
    for table_class in (CLASS, {"TableClass": "STANDARD"}):
        update(slow_api, name, table_class)
        slow.clock.advance(DELAY)
    assert slow_api.refusal("UpdateTable", {"TableName": name, **CLASS}) == (LIMIT, CLASSES)
    slow.clock.advance(31 * 86_400)
    update(slow_api, name, CLASS)


def test_changes_of_encryption(slow_api, slow):
    name = new_table(slow_api, slow)
    for change in (ENCRYPTED, NOT_ENCRYPTED, ENCRYPTED, NOT_ENCRYPTED):
        update(slow_api, name, change)
        slow.clock.advance(DELAY)
    error, text = slow_api.refusal("UpdateTable", {"TableName": name, **ENCRYPTED})
    assert error == LIMIT
    assert text.startswith(ENCRYPTIONS)
    slow.clock.advance(21_600)
    update(slow_api, name, ENCRYPTED)


def test_deletion_protection_may_not_flicker(slow_api, slow):
    name = new_table(slow_api, slow)
    table = {"TableName": name}
    update(slow_api, name, {"DeletionProtectionEnabled": True})
    slow.clock.advance(DELAY)
    assert slow_api.refusal("DeleteTable", table) == (
        VALIDATION,
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first.",
    )
    error, text = slow_api.refusal("UpdateTable", table | {"DeletionProtectionEnabled": False})
    assert error == "ThrottlingException"
    assert text.startswith(FLICKERS.format(name))
    slow.clock.advance(15)
    update(slow_api, name, {"DeletionProtectionEnabled": False})
    slow.clock.advance(DELAY)
    slow_api("DeleteTable", table)


FLICKERS = (
    "Deletion protection setting for table {} modified within the previous 15000 milliseconds. "
    "Please try again after "
)


# For the test that each rule of UpdateTable has a row; what is filled in here does not matter there.
TEXTS = [
    DECREASES + "Number of decreases today: 4. Last decrease at D. Next decrease can be made at D",
    CLASSES,
    ENCRYPTIONS + "D. After the first 4 change, each subsequent change in the same window can be performed "
    "at most once every 21600 seconds. Number of updates today: 4. Last change at D. "
    "Next changes can be made at D.",
    FLICKERS.format("T") + "D",
]
