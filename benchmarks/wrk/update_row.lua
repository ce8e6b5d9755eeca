-- UpdateItem of a random row of a random partition, under a condition that holds: new texts.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

local TITLE_LENGTH, BODY_LENGTH = 60, 180

function init(args)
  bench.open(args)
  message = bench.message("UpdateItem")
end

function request()
  local at = bench.at()
  return message(
    ('{"TableName":"stator-bench-rows","Key":{"pk":{"S":"partition-%06d"},"sk":{"N":"%d"}},'
      .. '"ConditionExpression":"attribute_exists(pk)",'
      .. '"UpdateExpression":"SET #at = :at, title = :title, body = :body",'
      .. '"ExpressionAttributeNames":{"#at":"at"},'
      .. '"ExpressionAttributeValues":{":at":{"N":"%d"},":title":{"S":"%s"},":body":{"S":"%s"}}}')
      :format(bench.key(), math.random(0, 49), at,
        bench.text(at, 0, TITLE_LENGTH), bench.text(at, TITLE_LENGTH, BODY_LENGTH)))
end
