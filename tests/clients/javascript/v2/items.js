// Items in the API's own form, by the SDK v2, which checks the checksum of every reply.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const AWS = require('aws-sdk');
const { table } = require('../table');

const dynamodb = new AWS.DynamoDB({ maxRetries: 0 });
const TableName = 'v2-items';
const Key = { id: { N: '1' } };

before(() => dynamodb.createTable(
  table(TableName, ['id:N'], { CategoryIndex: ['category:S', 'created_at:S'] }),
).promise());

test('all types come back as they were put', async () => {
  const Item = {
    ...Key,
    number: { N: '29.99' },
    bytes: { B: Buffer.from([0, 255]) },
    flags: { L: [{ BOOL: true }, { NULL: true }] },
    map: { M: { deep: { S: 'Zoë' } } },
    texts: { SS: ['x', 'y'] },
    numbers: { NS: ['1', '2'] },
  };
  await dynamodb.putItem({ TableName, Item }).promise();
  const { Item: found } = await dynamodb.getItem({ TableName, Key }).promise();
  assert.deepEqual(found, Item);
});

test('an item is changed under a condition', async () => {
  await dynamodb.putItem({ TableName, Item: { ...Key, stock: { N: '1' } } }).promise();
  const take = () => dynamodb.updateItem({
    TableName,
    Key,
    UpdateExpression: 'SET stock = stock - :one',
    ConditionExpression: 'stock >= :one',
    ExpressionAttributeValues: { ':one': { N: '1' } },
    ReturnValues: 'ALL_NEW',
  }).promise();
  assert.deepEqual((await take()).Attributes, { ...Key, stock: { N: '0' } });
  await assert.rejects(take(), { code: 'ConditionalCheckFailedException', statusCode: 400 });
  const { Attributes } = await dynamodb.deleteItem({ TableName, Key, ReturnValues: 'ALL_OLD' }).promise();
  assert.deepEqual(Attributes, { ...Key, stock: { N: '0' } });
});

test('an index is queried', async () => {
  const product = (id, category, day) => (
    { id: { N: id }, category: { S: category }, created_at: { S: `2024-01-0${day}` } }
  );
  const [late, early] = [product('7', 'electronics', 2), product('8', 'electronics', 1)];
  for (const Item of [late, early, product('9', 'books', 1)]) await dynamodb.putItem({ TableName, Item }).promise();
  const { Items } = await dynamodb.query({
    TableName,
    IndexName: 'CategoryIndex',
    KeyConditionExpression: 'category = :cat',
    ExpressionAttributeValues: { ':cat': { S: 'electronics' } },
  }).promise();
  assert.deepEqual(Items, [early, late]);
});
