-- verdicts_short_circuit: every row is an error: a gate looked at a candidate that an earlier gate had refused.
-- reads: verdicts

select later.round, later.task_id, later.gate
from verdicts as later
inner join verdicts as earlier
    on later.round = earlier.round
    and later.task_id = earlier.task_id
    and later.gate_index > earlier.gate_index
where not earlier.passed
order by later.round, later.task_id, later.gate
