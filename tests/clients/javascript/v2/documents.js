// Items as JavaScript values, by v2's document client.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const AWS = require('aws-sdk');
const { table } = require('../table');

const documents = new AWS.DynamoDB.DocumentClient({ region: 'ap-southeast-1', maxRetries: 0 });
const TableName = 'v2-documents';

before(() => new AWS.DynamoDB().createTable(
  table(TableName, ['PK:S', 'SK:S'], { GSI1: ['GSI1PK:S', 'GSI1SK:S'] }),
).promise());

test('values come back as they were put', async () => {
  const Item = {
    PK: 'VALUES', SK: '1', text: 'Zoë', numbers: [0, -1.5, 1e21], flags: { yes: true, none: null }, empty: '',
  };
  const set = documents.createSet(['a', 'b']);
  await documents.put({ TableName, Item: { ...Item, set, bytes: Buffer.from([0, 255]) } }).promise();
  const { Item: found } = await documents.get({ TableName, Key: { PK: 'VALUES', SK: '1' } }).promise();
  const { set: foundSet, bytes, ...rest } = found;
  assert.deepEqual(rest, Item);
  assert.deepEqual(foundSet.values, ['a', 'b']);
  assert.deepEqual([...bytes], [0, 255]);
});

test('an item lives, changes and goes', async () => {
  const Key = { PK: 'USER#1', SK: 'PROFILE' };
  await documents.put({ TableName, Item: { ...Key, name: 'Test User', email: 'test@example.com' } }).promise();
  await documents.update({
    TableName,
    Key,
    UpdateExpression: 'SET #n = :name, email = :email',
    ExpressionAttributeNames: { '#n': 'name' },
    ExpressionAttributeValues: { ':name': 'Updated', ':email': 'new@example.com' },
  }).promise();
  const { Item } = await documents.get({ TableName, Key }).promise();
  assert.deepEqual(Item, { ...Key, name: 'Updated', email: 'new@example.com' });
  await documents.delete({ TableName, Key }).promise();
  assert.deepEqual(await documents.get({ TableName, Key }).promise(), {});
});

test('many kinds share a table', async () => {
  const rows = [
    { PK: 'PRODUCT#1', SK: 'METADATA', GSI1PK: 'CATEGORY#books', GSI1SK: 'CREATED#2024-02' },
    { PK: 'PRODUCT#2', SK: 'METADATA', GSI1PK: 'CATEGORY#books', GSI1SK: 'CREATED#2024-01' },
    { PK: 'PRODUCT#1', SK: 'REVIEW#1' },
  ];
  await documents.batchWrite({
    RequestItems: { [TableName]: rows.map((Item) => ({ PutRequest: { Item } })) },
  }).promise();
  const { Items } = await documents.query({
    TableName,
    IndexName: 'GSI1',
    KeyConditionExpression: 'GSI1PK = :category',
    ExpressionAttributeValues: { ':category': 'CATEGORY#books' },
  }).promise();
  assert.deepEqual(Items, [rows[1], rows[0]]);
  const Keys = rows.map(({ PK, SK }) => ({ PK, SK }));
  const { Responses } = await documents.batchGet({ RequestItems: { [TableName]: { Keys } } }).promise();
  assert.equal(Responses[TableName].length, 3);
});

test('a scan goes on from its last key', async () => {
  const prefix = { ':p': 'PAGE#' };
  for (let number = 0; number < 7; number += 1) {
    await documents.put({ TableName, Item: { PK: `PAGE#${number}`, SK: '-' } }).promise();
  }
  const found = [];
  let ExclusiveStartKey;
  do {
    const page = await documents.scan({
      TableName,
      Limit: 3,
      ExclusiveStartKey,
      FilterExpression: 'begins_with(PK, :p)',
      ExpressionAttributeValues: prefix,
    }).promise();
    assert.ok(page.ScannedCount <= 3);
    found.push(...page.Items.map((item) => item.PK));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  assert.deepEqual(found.sort(), [0, 1, 2, 3, 4, 5, 6].map((number) => `PAGE#${number}`));
});
