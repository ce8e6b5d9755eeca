-- Query of a random partition, all rows of it.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

function init(args)
  bench.open(args)
  message = bench.message("Query")
end

function request()
  return message(
    ('{"TableName":"stator-bench-rows","KeyConditionExpression":"pk = :pk",'
      .. '"ExpressionAttributeValues":{":pk":{"S":"partition-%06d"}}}'):format(bench.key()))
end
