-- UpdateItem of a random item under a condition that holds: a new note, and one more hit.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

local NOTE_LENGTH = 40

function init(args)
  bench.open(args)
  message = bench.message("UpdateItem")
end

function request()
  local at = bench.at()
  return message(
    ('{"TableName":"stator-bench-items","Key":{"pk":{"S":"item-%010d"}},'
      .. '"ConditionExpression":"attribute_exists(pk) AND hits >= :zero",'
      .. '"UpdateExpression":"SET note = :note, note_at = :at, hits = hits + :one",'
      .. '"ExpressionAttributeValues":{":zero":{"N":"0"},":one":{"N":"1"},":at":{"N":"%d"},":note":{"S":"%s"}}}')
      :format(bench.key(), at, bench.text(at, 0, NOTE_LENGTH)))
end
