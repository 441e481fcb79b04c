-- validation_sketches: the stored sketches of the validation tasks, which stability(n) resamples.
-- grain: one row per task_id
-- reads: sketches

select task_id, sketch
from sketches
where round = getvariable('round') and split = 'validation'
order by task_id, policy_id, projector_id
