-- PutItem over a random item, with texts that it did not have before.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

local FIELDS, FIELD_LENGTH, NOTE_LENGTH = 7, 100, 40

function init(args)
  bench.open(args)
  message = bench.message("PutItem")
end

function request()
  local at = bench.at()
  local parts = {
    ('{"TableName":"stator-bench-items","Item":{"pk":{"S":"item-%010d"},"at":{"N":"%d"},"note_at":{"N":"%d"},'
      .. '"hits":{"N":"0"},"note":{"S":"'):format(bench.key(), at, at),
    bench.text(at, 0, NOTE_LENGTH),
  }
  for field = 0, FIELDS - 1 do
    parts[#parts + 1] = '"},"field' .. field .. '":{"S":"'
    parts[#parts + 1] = bench.text(at, field * FIELD_LENGTH, FIELD_LENGTH)
  end
  parts[#parts + 1] = '"}}}'
  return message(table.concat(parts))
end
