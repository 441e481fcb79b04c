-- selections_valid: every row is an error: a selected task that some gate refused, or that has no score.
-- reads: selections, scores

select selections.round, selections.task_id
from selections
left join scores
    on selections.round = scores.round and selections.task_id = scores.task_id
where scores.task_id is null or not scores.is_valid
order by selections.round, selections.task_id
