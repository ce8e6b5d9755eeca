"""The three operations through boto3, as programs use them."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def music(client):
    name = "Music-boto3"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "SongTitle", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "Artist", "AttributeType": "S"},
            {"AttributeName": "SongTitle", "AttributeType": "S"},
        ],
    )
    yield name
    client.delete_table(TableName=name)


def test_the_three_operations(client, music):
    insert = f"INSERT INTO \"{music}\" VALUE {{'Artist': ?, 'SongTitle': ?, 'Cover': ?}}"
    for number in range(5):
        parameters = [{"S": "Acme Band"}, {"S": f"Song {number}"}, {"B": bytes([number])}]
        assert client.execute_statement(Statement=insert, Parameters=parameters)["Items"] == []
    with pytest.raises(client.exceptions.DuplicateItemException):
        client.execute_statement(Statement=insert, Parameters=parameters)

    # The SDK has no paginator for this: programs follow NextToken.
    covers = []
    more = {}
    while True:
        page = client.execute_statement(
            Statement=f'SELECT Cover FROM "{music}" WHERE Artist = ? ORDER BY SongTitle DESC',
            Parameters=[{"S": "Acme Band"}],
            Limit=2,
            **more,
        )
        covers += [item["Cover"]["B"] for item in page["Items"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert covers == [bytes([number]) for number in (4, 3, 2, 1, 0)]

    where = "WHERE Artist = 'Acme Band' AND SongTitle = 'Song 1'"
    batch = client.batch_execute_statement(
        Statements=[
            {"Statement": f"UPDATE \"{music}\" SET Awards = {{'Grammys': [2020]}} {where}"},
            {"Statement": f"DELETE FROM \"{music}\" WHERE Artist = 'Acme Band' AND SongTitle = 'Song 2'"},
            {"Statement": f"DELETE FROM \"{music}\" WHERE Artist = 'Acme Band'"},
        ]
    )
    assert [response.get("Error", {}).get("Code") for response in batch["Responses"]] == [
        None,
        None,
        "ValidationError",
    ]

    append = f'UPDATE "{music}" SET Awards.Grammys = list_append(Awards.Grammys, [2018]) {where}'
    check = (
        f'EXISTS(SELECT * FROM "{music}" '
        "WHERE Artist = 'Acme Band' AND SongTitle = ? AND Awards IS MISSING)"
    )
    with pytest.raises(ClientError) as caught:
        client.execute_transaction(
            TransactStatements=[
                {"Statement": append},
                {"Statement": check, "Parameters": [{"S": "Song 2"}]},
            ]
        )
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    client.execute_transaction(
        TransactStatements=[{"Statement": append}, {"Statement": check, "Parameters": [{"S": "Song 3"}]}]
    )
    responses = client.execute_transaction(
        TransactStatements=[{"Statement": f'SELECT Awards.Grammys FROM "{music}" {where}'}]
    )["Responses"]
    assert responses == [{"Item": {"Grammys": {"L": [{"N": "2020"}, {"N": "2018"}]}}}]
