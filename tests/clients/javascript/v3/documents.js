// Items as JavaScript values, by lib-dynamodb's document client.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { DynamoDB } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocument, NumberValue, paginateQuery, paginateScan } = require('@aws-sdk/lib-dynamodb');
const { table } = require('../table');

const dynamodb = new DynamoDB({});
const documents = DynamoDBDocument.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } });
const TableName = 'v3-documents';

before(async () => {
  await dynamodb.createTable(table(TableName, ['PK:S', 'SK:S'], { GSI1: ['GSI1PK:S', 'GSI1SK:S'] }));
  await dynamodb.createTable(table('v3-pages', ['owner:S', 'number:N']));
  for (let number = 0; number < 12; number += 1) {
    await documents.put({ TableName: 'v3-pages', Item: { owner: 'ada', number } });
  }
});

const collect = async (pages) => {
  const found = [];
  for await (const page of pages) found.push(page.Items.map((item) => item.number));
  return found;
};

test('values come back as they were put', async () => {
  const Item = {
    PK: 'VALUES',
    SK: '1',
    text: 'Zoë',
    numbers: [0, -1.5, Number.MAX_SAFE_INTEGER, 1e-7],
    flags: { yes: true, no: false, none: null },
    empty: { text: '', list: [], map: {} },
    bytes: new Uint8Array([0, 255]),
    set: new Set(['a', 'b']),
    ranks: new Set([1, 2]),
  };
  await documents.put({ TableName, Item: { ...Item, left: undefined } });
  const { Item: found } = await documents.get({ TableName, Key: { PK: 'VALUES', SK: '1' } });
  assert.deepEqual(found, Item);
});

test('numbers too long for JavaScript keep their digits', async () => {
  const exact = '1234567890123456789.0123456789';
  const Key = { PK: 'VALUES', SK: 'exact' };
  await documents.put({ TableName, Item: { ...Key, exact: NumberValue.from(exact) } });
  const wide = DynamoDBDocument.from(new DynamoDB({}), { unmarshallOptions: { wrapNumbers: true } });
  assert.equal((await wide.get({ TableName, Key })).Item.exact.value, exact);
});

test('an item lives, changes and goes', async () => {
  const Key = { PK: 'USER#1', SK: 'PROFILE' };
  await documents.put({ TableName, Item: { ...Key, name: 'Test User', visits: 1 } });
  const { Attributes } = await documents.update({
    TableName,
    Key,
    UpdateExpression: 'SET #n = :name, tags = list_append(if_not_exists(tags, :none), :tags) ADD visits :one',
    ExpressionAttributeNames: { '#n': 'name' },
    ExpressionAttributeValues: { ':name': 'Updated', ':none': [], ':tags': ['new'], ':one': 1 },
    ReturnValues: 'ALL_NEW',
  });
  assert.deepEqual(Attributes, { ...Key, name: 'Updated', visits: 2, tags: ['new'] });
  const { Attributes: old } = await documents.delete({ TableName, Key, ReturnValues: 'ALL_OLD' });
  assert.deepEqual(old, Attributes);
  assert.equal((await documents.get({ TableName, Key })).Item, undefined);
});

test('many kinds share a table', async () => {
  const rows = [
    { PK: 'PRODUCT#1', SK: 'METADATA', GSI1PK: 'CATEGORY#books', GSI1SK: 'CREATED#2024-02' },
    { PK: 'PRODUCT#2', SK: 'METADATA', GSI1PK: 'CATEGORY#books', GSI1SK: 'CREATED#2024-01' },
    { PK: 'PRODUCT#1', SK: 'REVIEW#1' },
  ];
  await documents.batchWrite({ RequestItems: { [TableName]: rows.map((Item) => ({ PutRequest: { Item } })) } });
  const { Items: books } = await documents.query({
    TableName,
    IndexName: 'GSI1',
    KeyConditionExpression: 'GSI1PK = :category AND begins_with(GSI1SK, :since)',
    ExpressionAttributeValues: { ':category': 'CATEGORY#books', ':since': 'CREATED#2024' },
  });
  assert.deepEqual(books, [rows[1], rows[0]]);
  const { Items: all } = await documents.query({
    TableName,
    KeyConditionExpression: 'PK = :p',
    ExpressionAttributeValues: { ':p': 'PRODUCT#1' },
  });
  assert.deepEqual(all, [rows[0], rows[2]]);
  const Keys = rows.map(({ PK, SK }) => ({ PK, SK }));
  const { Responses } = await documents.batchGet({ RequestItems: { [TableName]: { Keys } } });
  assert.equal(Responses[TableName].length, 3);
});

test('a query is read in pages', async () => {
  const pages = await collect(paginateQuery({ client: documents, pageSize: 5 }, {
    TableName: 'v3-pages',
    KeyConditionExpression: '#o = :o',
    ExpressionAttributeNames: { '#o': 'owner' },
    ExpressionAttributeValues: { ':o': 'ada' },
    ScanIndexForward: false,
  }));
  assert.deepEqual(pages, [[11, 10, 9, 8, 7], [6, 5, 4, 3, 2], [1, 0]]);
});

test('a scan is read in pages', async () => {
  const pages = await collect(paginateScan({ client: documents, pageSize: 5 }, {
    TableName: 'v3-pages',
    FilterExpression: '#n < :n',
    ExpressionAttributeNames: { '#n': 'number' },
    ExpressionAttributeValues: { ':n': 7 },
  }));
  assert.deepEqual(pages, [[0, 1, 2, 3, 4], [5, 6], []]);
});
