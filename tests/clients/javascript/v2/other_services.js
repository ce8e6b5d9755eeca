// Other services, by the SDK v2, which speaks forms to CloudWatch.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const AWS = require('aws-sdk');

AWS.config.update({ stsRegionalEndpoints: 'regional' });

test('who is asking', async () => {
  const { Account, Arn } = await new AWS.STS().getCallerIdentity().promise();
  assert.deepEqual([Account, Arn], ['000000000000', 'arn:aws:iam::000000000000:root']);
  const { User } = await new AWS.IAM().getUser().promise();
  assert.ok(User.CreateDate instanceof Date);
});

test('keys', async () => {
  const { KeyMetadata } = await new AWS.KMS().describeKey({ KeyId: 'alias/aws/dynamodb' }).promise();
  assert.equal(KeyMetadata.Enabled, true);
  await assert.rejects(new AWS.KMS().describeKey({ KeyId: 'none' }).promise(), { code: 'NotFoundException' });
});

test('CloudWatch', async () => {
  const cloudwatch = new AWS.CloudWatch();
  const Namespace = 'v2';
  await cloudwatch.putMetricData({ Namespace, MetricData: [{ MetricName: 'm', Value: 1.5 }] }).promise();
  const { Metrics } = await cloudwatch.listMetrics({ Namespace }).promise();
  assert.deepEqual(Metrics, [{ Namespace, MetricName: 'm', Dimensions: [] }]);
  await assert.rejects(
    cloudwatch.setAlarmState({ AlarmName: 'v2-none', StateValue: 'OK', StateReason: 'because' }).promise(),
    { code: 'ResourceNotFound', statusCode: 404 },
  );
});
