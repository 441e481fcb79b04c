-- rewards: every row is an error: reward must be is_valid times cosine, 0 where there is none, with a reason.
-- reads: scores

select round, task_id, is_valid, cosine, reward, zero_reason
from scores
where
    reward is distinct from case when is_valid then coalesce(cosine, 0) else 0 end
    or (cosine is null) <> (zero_reason is not null)
    or isnan(reward)
order by round, task_id
