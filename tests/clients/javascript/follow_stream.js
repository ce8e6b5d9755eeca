// Follows the stream STREAM_ARN from shard to shard until it reads the item `end`, as a worker of the Kinesis Client
// Library does: a shard is begun when its parent has been read to its end, and a worker that lost its iterators goes
// on after the sequence number that it read last. Prints the items that the records make, by key, and what it saw.
'use strict';

const {
  DescribeStreamCommand, DynamoDBStreamsClient, ExpiredIteratorException, GetRecordsCommand, GetShardIteratorCommand,
} = require('@aws-sdk/client-dynamodb-streams');

const StreamArn = process.env.STREAM_ARN;
const client = new DynamoDBStreamsClient({});

const items = new Map();
const checkpoints = new Map();
const iterators = new Map();
const done = new Set();
const seen = { records: 0, byService: 0 };

async function shards() {
  const found = [];
  let ExclusiveStartShardId;
  do {
    const { StreamDescription } = await client.send(
      new DescribeStreamCommand({ StreamArn, ExclusiveStartShardId, Limit: 2 }),
    );
    found.push(...StreamDescription.Shards);
    ExclusiveStartShardId = StreamDescription.LastEvaluatedShardId;
  } while (ExclusiveStartShardId);
  return found;
}

async function begin(ShardId) {
  const SequenceNumber = checkpoints.get(ShardId);
  const ShardIteratorType = SequenceNumber ? 'AFTER_SEQUENCE_NUMBER' : 'TRIM_HORIZON';
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType, SequenceNumber }),
  );
  return ShardIterator;
}

function apply({ eventName, userIdentity, dynamodb: { Keys, NewImage } }) {
  const key = Keys.pk.S;
  if ((eventName === 'INSERT') === items.has(key)) throw new Error(`${eventName} of ${key} out of order`);
  if (eventName === 'REMOVE') items.delete(key);
  else items.set(key, NewImage);
  seen.records += 1;
  if (userIdentity?.Type === 'Service' && userIdentity.PrincipalId === 'dynamodb.amazonaws.com') seen.byService += 1;
}

async function read(ShardId) {
  let reply;
  try {
    const ShardIterator = iterators.get(ShardId) ?? await begin(ShardId);
    reply = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 100 }));
  } catch (error) {
    if (!(error instanceof ExpiredIteratorException)) throw error;
    iterators.delete(ShardId);
    return;
  }
  reply.Records.forEach(apply);
  if (reply.Records.length > 0) checkpoints.set(ShardId, reply.Records.at(-1).dynamodb.SequenceNumber);
  iterators.set(ShardId, reply.NextShardIterator);
  if (!reply.NextShardIterator) done.add(ShardId);
}

async function main() {
  while (!items.has('end')) {
    const known = await shards();
    const names = new Set(known.map(({ ShardId }) => ShardId));
    for (const { ShardId, ParentShardId } of known) {
      const parentIsDone = !names.has(ParentShardId) || done.has(ParentShardId);
      if (parentIsDone && !done.has(ShardId)) await read(ShardId);
    }
  }
  process.stdout.write(JSON.stringify({ items: Object.fromEntries(items), shards: done.size + 1, ...seen }));
}

main();
