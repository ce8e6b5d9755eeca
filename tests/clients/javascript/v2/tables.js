// Tables, by the SDK v2: promises, callbacks, waiters and pages.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const AWS = require('aws-sdk');
const { table } = require('../table');

const dynamodb = new AWS.DynamoDB();

test('the life of a table', async () => {
  const TableName = 'v2-life';
  const asked = table(TableName, ['id:N'], { CategoryIndex: ['category:S', 'created_at:S'] });
  const { TableDescription: created } = await dynamodb.createTable(asked).promise();
  assert.equal(created.TableStatus, 'CREATING');
  assert.ok(created.CreationDateTime instanceof Date);
  const { Table: ready } = await dynamodb.waitFor('tableExists', { TableName }).promise();
  assert.equal(ready.TableStatus, 'ACTIVE');
  assert.deepEqual(ready.KeySchema, asked.KeySchema);
  assert.equal(ready.GlobalSecondaryIndexes[0].IndexStatus, 'ACTIVE');
  await dynamodb.deleteTable({ TableName }).promise();
  await dynamodb.waitFor('tableNotExists', { TableName }).promise();
  const { TableNames } = await dynamodb.listTables().promise();
  assert.ok(!TableNames.includes(TableName));
});

test('tables are listed in pages', async () => {
  const names = ['v2-list-a', 'v2-list-b', 'v2-list-c'];
  for (const name of names) await dynamodb.createTable(table(name, ['id:S'])).promise();
  const found = await new Promise((resolve, reject) => {
    const pages = [];
    dynamodb.listTables({ Limit: 2 }).eachPage((error, page) => {
      if (error) reject(error);
      else if (page === null) resolve(pages);
      else pages.push(...page.TableNames);
      return true;
    });
  });
  assert.deepEqual(found.filter((name) => name.startsWith('v2-list-')), names);
});

test('an error comes to the callback', async () => {
  const error = await new Promise((resolve) => {
    dynamodb.describeTable({ TableName: 'v2-nowhere' }, resolve);
  });
  assert.equal(error.code, 'ResourceNotFoundException');
  assert.equal(error.message, 'Requested resource not found: Table: v2-nowhere not found');
  assert.equal(error.statusCode, 400);
  assert.equal(error.retryable, false);
  assert.ok(error.requestId);
});
