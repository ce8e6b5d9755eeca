// Items in the API's own form, and errors as classes, by the client of v3.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const {
  BatchGetItemCommand, BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand,
  DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand, ResourceInUseException,
  ResourceNotFoundException, UpdateItemCommand,
} = require('@aws-sdk/client-dynamodb');
const { table } = require('../table');

const client = new DynamoDBClient({});
const TableName = 'v3-items';
const Key = { id: { S: 'a' } };

before(() => client.send(new CreateTableCommand(table(TableName, ['id:S'], { ByKind: ['kind:S', 'rank:N'] }))));

test('all types come back as they were put', async () => {
  const Item = {
    ...Key,
    number: { N: '12.50' },
    bytes: { B: new Uint8Array([0, 255]) },
    flags: { L: [{ BOOL: true }, { BOOL: false }, { NULL: true }] },
    map: { M: { deep: { M: { empty: { S: '' } } } } },
    texts: { SS: ['x', 'y'] },
    numbers: { NS: ['1', '2'] },
    binaries: { BS: [new Uint8Array([1]), new Uint8Array([2])] },
  };
  await client.send(new PutItemCommand({ TableName, Item }));
  const { Item: found } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  assert.deepEqual(found, { ...Item, number: { N: '12.5' } });
});

test('an item is changed and deleted', async () => {
  await client.send(new PutItemCommand({ TableName, Item: { ...Key, stock: { N: '1' } } }));
  const { Attributes: updated } = await client.send(new UpdateItemCommand({
    TableName,
    Key,
    UpdateExpression: 'SET stock = stock + :n, #k = :kind',
    ConditionExpression: 'stock < :n',
    ExpressionAttributeNames: { '#k': 'kind' },
    ExpressionAttributeValues: { ':n': { N: '2' }, ':kind': { S: 'book' } },
    ReturnValues: 'UPDATED_NEW',
  }));
  assert.deepEqual(updated, { stock: { N: '3' }, kind: { S: 'book' } });
  const { Attributes: deleted } = await client.send(
    new DeleteItemCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }),
  );
  assert.deepEqual(deleted, { ...Key, ...updated });
  assert.equal((await client.send(new GetItemCommand({ TableName, Key }))).Item, undefined);
});

test('an index is queried', async () => {
  for (const rank of ['2', '1', '3']) {
    await client.send(new PutItemCommand({
      TableName, Item: { id: { S: `song-${rank}` }, kind: { S: 'song' }, rank: { N: rank } },
    }));
  }
  const { Items, Count } = await client.send(new QueryCommand({
    TableName,
    IndexName: 'ByKind',
    KeyConditionExpression: 'kind = :kind AND #r > :rank',
    ExpressionAttributeNames: { '#r': 'rank' },
    ExpressionAttributeValues: { ':kind': { S: 'song' }, ':rank': { N: '1' } },
  }));
  assert.equal(Count, 2);
  assert.deepEqual(Items.map((item) => item.id.S), ['song-2', 'song-3']);
});

test('batches are written and read', async () => {
  const keys = Array.from({ length: 25 }, (_, number) => ({ id: { S: `batch-${number}` } }));
  const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({
    RequestItems: { [TableName]: keys.map((Item) => ({ PutRequest: { Item } })) },
  }));
  assert.deepEqual(UnprocessedItems, {});
  const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys } } }));
  assert.equal(new Set(Responses[TableName].map((item) => item.id.S)).size, 25);
});

test('errors are of their classes', async () => {
  await client.send(new PutItemCommand({ TableName, Item: { ...Key, stock: { N: '1' } } }));
  await assert.rejects(client.send(new PutItemCommand({
    TableName,
    Item: Key,
    ConditionExpression: 'attribute_not_exists(id)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })), (error) => {
    assert.ok(error instanceof ConditionalCheckFailedException);
    assert.equal(error.message, 'The conditional request failed');
    assert.deepEqual(error.Item, { ...Key, stock: { N: '1' } });
    assert.equal(error.$metadata.httpStatusCode, 400);
    assert.equal(error.$metadata.attempts, 1);
    assert.ok(error.$metadata.requestId);
    return true;
  });
  await assert.rejects(
    client.send(new GetItemCommand({ TableName: 'v3-nowhere', Key })),
    (error) => error instanceof ResourceNotFoundException,
  );
  await assert.rejects(
    client.send(new CreateTableCommand(table(TableName, ['id:S']))),
    (error) => error instanceof ResourceInUseException,
  );
  await assert.rejects(
    client.send(new GetItemCommand({ TableName, Key: { id: { N: '1' } } })),
    { name: 'ValidationException', message: 'The provided key element does not match the schema' },
  );
});
