-- GetItem of a random item.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

function init(args)
  bench.open(args)
  message = bench.message("GetItem")
end

function request()
  return message(('{"TableName":"stator-bench-items","Key":{"pk":{"S":"item-%010d"}}}'):format(bench.key()))
end
