-- GetItem of a random row of a random partition.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

function init(args)
  bench.open(args)
  message = bench.message("GetItem")
end

function request()
  return message(
    ('{"TableName":"stator-bench-rows","Key":{"pk":{"S":"partition-%06d"},"sk":{"N":"%d"}}}')
      :format(bench.key(), math.random(0, 49)))
end
