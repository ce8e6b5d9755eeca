// Tables, by the client of v3: its waiters and its paginator.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  DynamoDB, DynamoDBClient, paginateListTables, waitUntilTableExists, waitUntilTableNotExists,
} = require('@aws-sdk/client-dynamodb');
const { table } = require('../table');

const client = new DynamoDBClient({});
const dynamodb = new DynamoDB({});
// v3 refuses to wait for less; the tables are ready at its first look.
const patience = { client, maxWaitTime: 30 };

test('the life of a table', async () => {
  const TableName = 'v3-life';
  const asked = table(TableName, ['id:N'], { CategoryIndex: ['category:S', 'created_at:S'] });
  const { TableDescription: created } = await dynamodb.createTable(asked);
  assert.equal(created.TableStatus, 'CREATING');
  assert.ok(created.CreationDateTime instanceof Date);
  const { state } = await waitUntilTableExists(patience, { TableName });
  assert.equal(state, 'SUCCESS');

  const { Table: described } = await dynamodb.describeTable({ TableName });
  assert.equal(described.TableStatus, 'ACTIVE');
  assert.deepEqual(described.KeySchema, asked.KeySchema);
  assert.equal(described.ItemCount, 0);
  assert.deepEqual(described.GlobalSecondaryIndexes[0].KeySchema, asked.GlobalSecondaryIndexes[0].KeySchema);

  await dynamodb.updateTable({ TableName, DeletionProtectionEnabled: true });
  await assert.rejects(dynamodb.deleteTable({ TableName }), /protected against deletion/);
  await dynamodb.updateTable({ TableName, DeletionProtectionEnabled: false });
  await dynamodb.deleteTable({ TableName });
  await waitUntilTableNotExists(patience, { TableName });
  await assert.rejects(dynamodb.describeTable({ TableName }), { name: 'ResourceNotFoundException' });
});

test('tables are listed in pages', async () => {
  const names = ['v3-list-a', 'v3-list-b', 'v3-list-c', 'v3-list-d', 'v3-list-e'];
  for (const name of names) await dynamodb.createTable(table(name, ['id:S']));
  const pages = [];
  for await (const page of paginateListTables({ client, pageSize: 2 }, {})) pages.push(page.TableNames);
  assert.ok(pages.slice(0, -1).every((page) => page.length === 2));
  assert.deepEqual(pages.flat().filter((name) => name.startsWith('v3-list-')), names);
});

test('tags are kept', async () => {
  const { TableDescription } = await dynamodb.createTable(table('v3-tags', ['id:S']));
  const ResourceArn = TableDescription.TableArn;
  await dynamodb.tagResource({ ResourceArn, Tags: [{ Key: 'team', Value: 'a' }, { Key: 'env', Value: 'dev' }] });
  await dynamodb.untagResource({ ResourceArn, TagKeys: ['env'] });
  assert.deepEqual((await dynamodb.listTagsOfResource({ ResourceArn })).Tags, [{ Key: 'team', Value: 'a' }]);
});
