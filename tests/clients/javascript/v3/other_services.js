// Other services, by their clients of v3; CloudWatch in each of its protocols.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } = require('@aws-sdk/core/protocols');
const { ApplicationAutoScaling } = require('@aws-sdk/client-application-auto-scaling');
const { CloudWatch } = require('@aws-sdk/client-cloudwatch');
const { IAM } = require('@aws-sdk/client-iam');
const { KMS } = require('@aws-sdk/client-kms');
const { STS } = require('@aws-sdk/client-sts');

const root = 'arn:aws:iam::000000000000:root';

test('who is asking', async () => {
  assert.equal((await new STS({}).getCallerIdentity({})).Arn, root);
  assert.equal((await new IAM({}).getUser({})).User.Arn, root);
  await assert.rejects(new IAM({}).getUser({ UserName: 'none' }), { name: 'NoSuchEntityException' });
  await assert.rejects(new STS({}).getSessionToken({}), { name: 'InvalidAction' });
});

test('keys', async () => {
  const { KeyMetadata } = await new KMS({}).describeKey({ KeyId: 'alias/aws/dynamodb' });
  assert.equal(KeyMetadata.KeyManager, 'AWS');
  await assert.rejects(new KMS({}).describeKey({ KeyId: 'none' }), { name: 'NotFoundException' });
});

test('auto scaling', async () => {
  const scaling = new ApplicationAutoScaling({});
  const ResourceIds = ['table/v3-none'];
  const found = await scaling.describeScalableTargets({ ServiceNamespace: 'dynamodb', ResourceIds });
  assert.deepEqual(found.ScalableTargets, []);
  await assert.rejects(
    scaling.describeScalableTargets({ ServiceNamespace: 'dynamodb', ResourceIds: [''] }),
    { name: 'ValidationException', message: /^1 validation error detected: / },
  );
});

const protocols = { json: AwsJson1_0Protocol, query: AwsQueryProtocol, cbor: AwsSmithyRpcV2CborProtocol };
for (const [name, protocol] of Object.entries(protocols)) {
  test(`CloudWatch in ${name}`, async () => {
    // In CBOR the client tells the length of before it compresses, and would wait for the rest for ever.
    const cloudwatch = new CloudWatch({ protocol, disableRequestCompression: name === 'cbor' });
    const Namespace = `v3/${name}`;
    const Dimensions = [{ Name: 'a b', Value: '<&>' }];
    // Long enough to be compressed.
    const MetricData = Array.from({ length: 200 }, (_, i) => (
      { MetricName: `m${i % 2}`, Dimensions, Value: i / 2, Unit: 'Count', Timestamp: new Date() }));
    await cloudwatch.putMetricData({ Namespace, MetricData });
    const { Metrics } = await cloudwatch.listMetrics({ Namespace });
    assert.deepEqual(Metrics.map((metric) => metric.MetricName).sort(), ['m0', 'm1']);
    assert.deepEqual(Metrics[0].Dimensions, Dimensions);
    const now = Date.now();
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      Namespace, MetricName: 'm1', Dimensions, Statistics: ['Sum'], Period: 3600,
      StartTime: new Date(now - 7_200_000), EndTime: new Date(now + 3_600_000),
    });
    assert.ok(Datapoints[0].Timestamp instanceof Date);
    assert.equal(Datapoints.reduce((sum, point) => sum + point.Sum, 0), 5000);
    await assert.rejects(
      cloudwatch.setAlarmState({ AlarmName: 'v3-none', StateValue: 'OK', StateReason: 'because' }),
      (error) => error.name.startsWith('ResourceNotFound') && error.$metadata.httpStatusCode === 404,
    );
    await assert.rejects(cloudwatch.putDashboard({ DashboardName: 'a', DashboardBody: '{}' }), /Stator does not serve/);
  });
}
