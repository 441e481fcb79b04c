-- skill_lineage: what each card of the round was in every round so far.
-- grain: one row per skill_id, round
-- reads: skills

select skills.skill_id, skills.round, skills.lineage, skills.support, skills.attempt_count, skills.failure_rate
from skills
where
    skills.round <= getvariable('round')
    and skills.skill_id in (select skill_id from skills where round = getvariable('round'))
order by skills.skill_id, skills.round
