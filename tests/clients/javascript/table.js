// Parameters of CreateTable, for both versions of the SDK. A key is written 'name:type', the partition key first.
'use strict';

const keySchema = (keys) => keys.map((key, index) => ({
  AttributeName: key.split(':')[0],
  KeyType: ['HASH', 'RANGE'][index],
}));

exports.table = (name, keys, indexes = {}) => ({
  TableName: name,
  KeySchema: keySchema(keys),
  AttributeDefinitions: [...new Set([keys, ...Object.values(indexes)].flat())]
    .map((key) => key.split(':'))
    .map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
  GlobalSecondaryIndexes: Object.keys(indexes).length === 0 ? undefined : Object.entries(indexes)
    .map(([IndexName, columns]) => (
      { IndexName, KeySchema: keySchema(columns), Projection: { ProjectionType: 'ALL' } }
    )),
  BillingMode: 'PAY_PER_REQUEST',
});
