-- What the scripts of all workloads share: the texts of the data set, random draws, and the HTTP message.
--
-- A script is started as `wrk -s SCRIPT URL -- POOL SEED KEYS TABLE`: the file of the data set's texts, the
-- seed of this run, how many items or partitions there are, and in which table. The forms of items are those of dataset.py.

local bench = {}

-- What a current SDK sends, except that the signature is a constant: no server here checks it.
local HEAD = table.concat({
  "POST / HTTP/1.1",
  "Host: %s",
  "Accept-Encoding: identity",
  "User-Agent: stator-bench/1 md/wrk lang/lua",
  "Content-Type: application/x-amz-json-1.0",
  "X-Amz-Target: DynamoDB_20120810.%s",
  "X-Amz-Date: 20260101T000000Z",
  "Authorization: AWS4-HMAC-SHA256 Credential=BENCH/20260101/us-east-1/dynamodb/aws4_request, "
    .. "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" .. string.rep("0a", 32),
  "Content-Length: ",
}, "\r\n")

local AT_FIRST, AT_LAST = 10000, 99999 -- five digits each, so that messages have one length

local FIELDS, FIELD_LENGTH, NOTE_LENGTH = 7, 100, 40

local threads = 0
local pool, keys

-- In wrk's main state, before the threads run: a number for each.
function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

-- In each thread, from its `init`.
function bench.open(args)
  local file = assert(io.open(args[1], "r"))
  pool = file:read("*a")
  file:close()
  keys = tonumber(args[3])
  bench.table = args[4]
  math.randomseed(tonumber(args[2]) * 1000 + thread_number)
end

-- A function from bodies to whole messages.
function bench.message(operation)
  local host = wrk.host
  if wrk.port then
    host = host .. ":" .. wrk.port
  end
  local head = HEAD:format(host, operation)
  return function(body)
    return head .. #body .. "\r\n\r\n" .. body
  end
end

-- The number of an item or of a partition.
function bench.key()
  return math.random(0, keys - 1)
end

-- A place in the pool.
function bench.at()
  return math.random(AT_FIRST, AT_LAST)
end

-- The text of `length` letters that lies so many letters after a place.
function bench.text(at, after, length)
  local start = at - AT_FIRST + after
  return pool:sub(start + 1, start + length)
end

-- The JSON of an item with texts that it did not have before.
function bench.item(number)
  local at = bench.at()
  local parts = {
    ('{"pk":{"S":"item-%010d"},"at":{"N":"%d"},"note_at":{"N":"%d"},"hits":{"N":"0"},"note":{"S":"')
      :format(number, at, at),
    bench.text(at, 0, NOTE_LENGTH),
  }
  for field = 0, FIELDS - 1 do
    parts[#parts + 1] = '"},"field' .. field .. '":{"S":"'
    parts[#parts + 1] = bench.text(at, field * FIELD_LENGTH, FIELD_LENGTH)
  end
  parts[#parts + 1] = '"}}'
  return table.concat(parts)
end

-- The numbers of so many different items, spread over all.
function bench.distinct(count)
  local first, step = bench.key(), math.floor(keys / count)
  local numbers = {}
  for place = 0, count - 1 do
    numbers[#numbers + 1] = (first + place * step) % keys
  end
  return numbers
end

-- One line of JSON for the harness. Latencies are microseconds.
function done(summary, latency, _)
  local errors = summary.errors
  io.write(("\nRESULT {\"requests\":%d,\"microseconds\":%d,\"bytes\":%d,"):format(
    summary.requests, summary.duration, summary.bytes))
  io.write(("\"errors\":{\"connect\":%d,\"read\":%d,\"write\":%d,\"status\":%d,\"timeout\":%d},"):format(
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
  io.write(("\"latency\":{\"mean\":%.1f,\"max\":%d"):format(latency.mean, latency.max))
  for _, percent in ipairs({ 50, 90, 99, 99.9 }) do
    io.write((",\"p%s\":%d"):format(percent, latency:percentile(percent)))
  end
  io.write("}}\n")
end

return bench
