-- alignment_agrees: every row is an error: the sketch's cosine is farther from the exact one than six standard errors, or only one of them is there.
-- reads: alignment, scores, sketches

select alignment.round, alignment.task_id, scores.cosine, alignment.cosine_sketch
from alignment
inner join scores
    on alignment.round = scores.round and alignment.task_id = scores.task_id
inner join sketches
    on alignment.round = sketches.round and alignment.task_id = sketches.task_id and alignment.policy_id = sketches.policy_id
where
    abs(scores.cosine - alignment.cosine_sketch) > 6 / sqrt(sketches.k)
    or (scores.cosine is null) <> (alignment.cosine_sketch is null)
order by alignment.round, alignment.task_id
