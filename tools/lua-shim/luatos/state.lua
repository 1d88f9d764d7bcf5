-- The link of the simulated module: up, down, and who is told.

local state = { up = false }

return state
